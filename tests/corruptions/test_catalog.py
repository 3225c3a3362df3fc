import pytest
from hypothesis import given
from hypothesis import strategies as st

from corruptions import CLEAN, CORRUPTIONS, Condition, Step, parse_condition

names = st.one_of(
    st.sampled_from(sorted(CORRUPTIONS)), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
)
levels = st.one_of(st.none(), st.integers(-40, 40).map(float), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    name = draw(names.filter(lambda name: name != "clean"))
    known = CORRUPTIONS.get(name)
    level = draw(levels) if known is None or known.level_unit is not None else None
    is_noise = level is not None and (known is None or known.level_unit == "SNR (dB)")
    return Step(name, level, dry=draw(st.booleans()) if is_noise else False)


@given(steps=st.lists(steps(), max_size=4))
def test_a_condition_reads_back_as_it_is_written(steps: list[Step]) -> None:
    condition = Condition(tuple(steps))
    assert parse_condition(str(condition)) == condition
    assert str(parse_condition(str(condition))) == str(condition)


def test_a_condition_says_its_corruption_and_its_level() -> None:
    chain = Condition((Step("pink", 10.0), Step("babble", -2.5)))
    assert (str(chain), chain.corruption, chain.level) == ("pink@10dB+babble@-2.5dB", "pink+babble", -2.5)
    assert chain.curve == "pink@10dB+babble"
    dry = Condition((Step("lounge", None), Step("babble", 5.0, dry=True)))
    assert (str(dry), dry.corruption, dry.curve) == ("lounge+babble@5dB-dry", "lounge+babble", "lounge+babble-dry")
    assert (str(CLEAN), CLEAN.corruption, CLEAN.curve, CLEAN.level) == ("clean", "clean", "clean", None)
    assert str(Condition((Step("white", -0.0),))) == "white@0dB"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a condition"),
        ("babble@", "not a condition"),
        ("babble@5", "the level of babble is given in dB, as in babble@5dB, not ''"),
        ("babble@dB", "not a condition"),
        ("babble@nandB", "not a condition"),
        ("babble@5dB@3dB", "not 'dB@3dB'"),
        ("mp3@16", "the level of mp3 is given in kbit/s, as in mp3@16kbit/s"),
        ("babble@5 dB", "given in dB, .* not ' dB'"),
        ("babble@5s", "given in dB, .* not 's'"),
        ("babble@5dB+", "not a condition"),
        ("clean+babble@5dB", "clean stands alone"),
        ("clean@5dB", "clean stands alone"),
        ("my street@5dB", "'my street' cannot name"),
        (" babble@5dB", "' babble' cannot name"),
    ],
)
def test_what_is_not_a_condition_is_shown_in_the_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_condition(text)


@pytest.mark.parametrize("level", [float("nan"), float("inf"), float("-inf")])
def test_a_level_is_finite(level: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Step("babble", level)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_says_what_it_is(name: str) -> None:
    corruption = CORRUPTIONS[name]
    assert corruption.description.endswith(".")
    if corruption.level_unit is None:
        assert parse_condition(name).steps == (Step(name, None),)
        with pytest.raises(ValueError, match="it has none"):
            parse_condition(f"{name}@1dB")
    else:
        assert corruption.level_unit.endswith(f"({corruption.suffix})")
        assert parse_condition(f"{name}@1{corruption.suffix}").steps == (Step(name, 1.0),)
