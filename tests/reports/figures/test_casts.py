import json
import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.casts import CROWD, casts, run_looks
from reports.figures.catalog import FIGURES
from reports.figures.style import looks
from reports.run.run import read_run
from reports.run.systems import System

from ..papers import COMPARE, comparisons
from .drawn import draw


def systems_of(counts):
    families = ("acoustic", "lexical", "multimodal", "student", "control")
    pairs = [(family, i) for family, count in zip(families, counts, strict=True) for i in range(count)]
    return [System(f"{family} {i}", family, "") for family, i in pairs]


@given(counts=st.lists(st.integers(0, 5), min_size=5, max_size=5), data=st.data())
def test_no_two_systems_on_one_panel_share_a_colour_and_controls_are_grey(counts, data):
    systems = systems_of(counts)
    heard = [system.name for system in systems if system.family != "control"]
    size = min(CROWD, len(heard))
    together = data.draw(st.lists(st.sampled_from(heard), max_size=size, unique=True)) if heard else []
    found = looks(systems, [together])
    assert len({found[name].colour for name in together}) == len(together)
    for system in systems:
        if system.family == "control":
            red, green, blue = re.findall("..", found[system.name].colour[1:])
            assert red == green == blue


def test_where_colours_run_out_no_two_of_a_family_share_one():
    systems = systems_of([9, 9, 9, 9, 0])
    found = looks(systems, [[system.name for system in systems]])
    assert len({(look.colour, look.marker) for look in found.values()}) == 36


def test_few_systems_are_on_one_figure_controls_too(run):
    shown = run({"babble": [10.0, 0.0]})
    assert [(cast.title, cast.names) for cast in casts(shown)] == [("", tuple(shown.systems))]


def test_of_many_systems_those_that_are_compared_stand_together(papers):
    found = {cast.title: cast.names for cast in casts(papers)}
    assert found["distillation"] == ("acoustic", "acoustic-noisy", "student", "student-noisy")
    assert found["others: acoustic and multimodal"] == (
        "mfb", "fusion-gated", "fusion-gated-dropout", "fusion-confidence"
    )  # fmt: skip
    assert all(len(names) <= CROWD for names in found.values())
    for pairs in COMPARE.values():
        assert all(any({*pair} <= {*names} for names in found.values()) for pair in pairs)
    shown = {name for names in found.values() for name in names} | {"lexical-clean-asr", "lexical-oracle"}
    assert shown == {name for name, one in papers.systems.items() if one.family != "control"}


def test_a_group_of_many_is_drawn_in_parts_and_no_pair_is_torn(run_folder, table):
    names = [f"system {i}" for i in range(20)]
    described = {name: {"family": "student", "description": ""} for name in ["mfb", *names]}
    folder = run_folder(table({"babble": [10.0, 0.0]}, systems=["mfb"]))
    (folder / "systems.json").write_text(json.dumps(described))
    one = comparisons().iloc[:1].assign(group="all", against="mfb")
    pd.concat([one.assign(system=name) for name in names]).to_parquet(folder / "comparisons.parquet")
    found = casts(read_run(folder))
    assert [cast.title for cast in found] == ["all, 1", "all, 2", "all, 3"]
    assert all("mfb" in cast.names and len(cast.names) <= CROWD for cast in found)
    assert {name for cast in found for name in cast.names} == {"mfb", *names}


def test_a_system_that_heard_noise_has_a_hollow_marker(papers):
    found = run_looks(papers)
    assert [name for name, look in found.items() if look.hollow] == [
        name for name, system in papers.systems.items() if system.heard == "noisy"
    ]


def test_the_ladder_goes_from_the_best_words_down(papers):
    figure = draw(papers, "ladder")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "lexical-oracle: reference transcript",
        "lexical-clean-asr: ASR of clean speech",
        "lexical: ASR of what is heard",
        "lexical-noisy: ASR of what is heard",
    ]


def test_a_run_whose_lexical_systems_all_read_asr_has_no_ladder(run):
    assert FIGURES["ladder"].sheets(run({"babble": [10.0, 0.0]})) == []
