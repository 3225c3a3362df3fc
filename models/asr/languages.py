"""The languages that recognisers are told to hear, by Whisper's codes for them.

A code is that of ISO 639-1; where that has none it is ISO 639-3's (``haw``, ``yue``), and Javanese is ``jw``. What a
recogniser is told decides what it writes: a Whisper that is told English translates French, and of Chinese it invents.
"""

from collections.abc import Collection, Mapping
from typing import Literal

from models.weights.embedded import WeightsError

ENGLISH = "en"
"""What a recogniser hears unless said."""

UNSPACED = ("bo", "ja", "km", "lo", "my", "th", "yue", "zh")
"""Written without spaces between words, so that a text does not say what its words are: characters are counted."""


def languages() -> Mapping[str, str]:
    """Return the English names of all languages by their codes.

    Examples:
        >>> languages()["fr"], languages()["yue"]
        ('french', 'cantonese')
    """
    from whisper.tokenizer import LANGUAGES

    return LANGUAGES  # type: ignore[no-any-return]


def code_of(name: str) -> str | None:
    """Return the code of a language that is called by its name or in another way, or None.

    Examples:
        >>> code_of("French"), code_of("pt-BR"), code_of("Klingon")
        ('fr', 'pt', None)
    """
    from whisper.tokenizer import TO_LANGUAGE_CODE

    known: dict[str, str] = TO_LANGUAGE_CODE | {code: code for code in languages()}
    spelled = name.lower().replace("_", "-")
    return known.get(spelled, known.get(spelled.split("-")[0]))


def unit_of(language: str) -> Literal["word", "character"]:
    """Return what errors are counted in.

    Examples:
        >>> unit_of("fr"), unit_of("zh")
        ('word', 'character')
    """
    return "character" if language in UNSPACED else "word"


def check_heard(language: str, weights: str | None, known: Collection[str]) -> None:
    """Refuse a language that a recogniser's weights do not know.

    Args:
        language: what is to be heard.
        weights: as a suite names them.
        known: the languages they know; none where they hear English only. English is never refused.

    Raises:
        WeightsError: naming the weights, the language and what is allowed.

    Examples:
        >>> check_heard("fr", "whisper-tiny.en", [])
        Traceback (most recent call last):
        models.weights.embedded.WeightsError: whisper-tiny.en: hears English only, and language is 'fr'; ...
    """
    if language == ENGLISH or language in known:
        return
    if not known:
        raise WeightsError(
            f"{weights}: hears English only, and language is {language!r}; a multilingual Whisper, such as "
            "whisper-base, hears others"
        )
    raise WeightsError(f"{weights}: does not know the language {language!r}; it knows {', '.join(known)}")


def suffix(language: str) -> str:
    """Return what the language adds to a fingerprint: nothing for English, as before there were others.

    Examples:
        >>> suffix("en"), suffix("fr")
        ('', '/fr')
    """
    return "" if language == ENGLISH else f"/{language}"
