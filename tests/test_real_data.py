"""Real recordings: acted speech with a constant text, and noise somebody recorded.

RAVDESS has categories, no ratings. The anchor points below are ours, a proxy: they put the categories where the
literature on affect roughly has them, and a strong intensity further from neutral than a normal one. Every speaker
says the same two sentences, so the words say nothing, and all that a lexical system can still go by is what the
recogniser mishears: shouted and mumbled sentences more often than others.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from models.text.words import words_of

pytestmark = [pytest.mark.real_data, pytest.mark.embedded]

SCALE = (1.0, 5.0)
NEUTRAL = 3.0
ANCHORS = {  # emotion code -> activation, valence, dominance of a strong expression
    "01": (3.0, 3.0, 3.0),
    "02": (2.0, 3.5, 3.0),
    "03": (4.2, 4.5, 3.8),
    "04": (1.9, 1.7, 2.0),
    "05": (4.6, 1.5, 4.3),
    "06": (4.3, 1.6, 1.8),
    "07": (3.4, 1.6, 3.4),
    "08": (4.3, 3.6, 2.8),
}
INTENSITY = {"01": 0.7, "02": 1.0}
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
NOTE = (
    "RAVDESS has no ratings: its categories were mapped to anchor points of our own, "
    "a proxy for activation, valence and dominance."
)


def write_manifest(ravdess: Path, path: Path) -> None:
    """Write a manifest of RAVDESS: the last two actors are the test set, the two before them the development set."""
    actors = sorted(ravdess.glob("Actor_*"))
    splits = dict.fromkeys(actors, "train") | dict.fromkeys(actors[-4:-2], "dev") | dict.fromkeys(actors[-2:], "test")
    rows = []
    for actor, split in splits.items():
        for file in sorted(actor.iterdir()):
            _, _, emotion, intensity, statement, _, speaker = file.stem.split("-")
            labels = [NEUTRAL + INTENSITY[intensity] * (anchor - NEUTRAL) for anchor in ANCHORS[emotion]]
            rows.append([file.stem, file.resolve(), split, speaker, *labels, STATEMENTS[statement]])
    columns = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


def write_suite(real_data: Path, folder: Path, **changes: object) -> Path:
    """Write the manifest and a suite on it with the recordings of noise beside it; return the suite's path."""
    write_manifest(real_data / "ravdess", folder / "ravdess.csv")
    suite = {
        "name": "ravdess",
        "corpus": {"manifest": "ravdess.csv", "scale": list(SCALE), "note": NOTE},
        "noises": {"recordings": str((real_data / "noise" / "recordings").resolve())},
        "systems": ["mfb", "whisper", "text", "text-oracle", "fusion", "student", "random", "constant"],
        "conditions": ["clean", {"noise": ["recordings", "babble"], "snr_db": [20, 10, 0, -5]}],
    }
    path = folder / "ravdess.yaml"
    path.write_text(yaml.safe_dump(suite | changes))
    return path


CHANCE = 0.2
"""What is left by chance of two sentences and 40 utterances, whose correlations have a standard error of .16."""


@pytest.mark.slow
def test_on_constant_text_the_words_say_nothing(real_data: Path, tmp_path: Path):
    suite = write_suite(
        real_data,
        tmp_path,
        systems=["mfb-ridge", "text", "text-oracle"],
        conditions=["clean", {"noise": ["recordings"], "snr_db": [10]}],
        seeds=[0],
        limit=40,
    )
    subprocess.run(
        [Path(sys.executable).with_name("emonoise"), "run", suite, "--out", tmp_path / "run"],
        env=os.environ | {"EMONOISE_CACHE": str(tmp_path / "cache")},
        check=True,
    )
    results = pd.read_parquet(tmp_path / "run" / "results.parquet").query(
        "metric == 'ccc' and seed.isna() and draw.isna()"
    )
    ccc = results.pivot_table(index=["system", "condition"], columns="dimension", values="value")
    # In all of the corpus sentences and emotions are balanced, in 40 utterances of it only about.
    assert ccc.loc["text-oracle"].abs().max(axis=None) < CHANCE
    assert abs(ccc.loc[("text", "clean"), "activation"]) < CHANCE
    assert ccc.loc[("mfb-ridge", "clean"), "activation"] > 0.3
    heard = pd.read_parquet(tmp_path / "run" / "transcripts.parquet")[["utterance", "condition", "text"]]
    said = pd.read_parquet(tmp_path / "run" / "predictions.parquet").query("system == 'text'").merge(heard)
    words = said["text"].map(words_of).str.lower()
    assert said.groupby([words, "dimension"])["prediction"].nunique().eq(1).all()
    assert NOTE in (tmp_path / "run" / "report" / "index.html").read_text(encoding="utf-8")


if (
    __name__ == "__main__"
):  # the whole run: `python tests/test_real_data.py FOLDER`, then `emonoise run FOLDER/ravdess.yaml`
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(write_suite(Path(os.environ["EMONOISE_REAL_DATA"]), target))
