from types import SimpleNamespace

import pandas as pd

from reports.words.hallucinations import LONGEST, hallucinations

OPEN, CLOSE = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"


def said_of(*texts: str, flagged: bool | None = True) -> str:
    table = pd.DataFrame(
        {
            "transcriber": "heard",
            "text": texts,
            "invented": [bool(text.strip(".")) for text in texts],
            "flagged": pd.array([flagged] * len(texts), "boolean"),
        }
    )
    [sentence] = hallucinations(SimpleNamespace(extras={"no_speech": table}))
    return sentence


def test_the_commonest_and_the_longest_invention_are_quoted():
    assert said_of("you", "you", ".", "I'm not sure.") == (
        "heard invents words for 3 of 4 clips of silence and of white noise in which nobody speaks, most often "
        f"{OPEN}you{CLOSE}, at its longest {OPEN}I'm not sure.{CLOSE}; the sign no speech is shown by 3 of them."
    )


def test_the_longest_invention_of_a_language_without_spaces_is_that_of_most_letters():
    yes, sentence = "\N{CJK UNIFIED IDEOGRAPH-662F}", "\N{CJK UNIFIED IDEOGRAPH-8C22}" * 4
    assert f"at its longest {OPEN}{sentence}{CLOSE}" in said_of(yes, sentence, yes)


def test_a_recogniser_that_invents_nothing_is_said_to():
    assert said_of("", ".") == (
        "heard writes no words for 2 clips of silence and of white noise in which nobody speaks."
    )


def test_of_a_recogniser_without_the_sign_nothing_is_said_of_it():
    assert said_of("dog", flagged=None).endswith(f"most often {OPEN}dog{CLOSE}.")


def test_an_invention_without_end_is_cut():
    assert "\N{HORIZONTAL ELLIPSIS}" in said_of("you " * 100)
    assert len(said_of("you " * 100)) < 3 * LONGEST + 100
