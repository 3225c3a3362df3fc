"""What a head is given: which models there are, and what is made with them of an utterance.

Both are named: ``MODELS`` says which weights stand behind a name, ``REPRESENTATIONS`` what is done with them. A suite
adds its own under the same two keys, so that the same systems run on other models with other ids alone.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from bench.store.strict import NUMBER, Strict
from corruptions.ground.problems import those_there_are
from models.asr.languages import ENGLISH, code_of, languages
from models.types import Pretrained

Layer = Annotated[int, NUMBER, Field(ge=0, le=1000)]


def _a_language(code: str) -> str:
    if code in languages():
        return code
    meant = code_of(code)
    there = (
        f"there are {', '.join(languages())}; did you mean {meant}?" if meant else those_there_are(code, languages())
    )
    raise ValueError(f"no language has the code {code!r}; {there}")


# What nobody says is not written out either, so that a suite without it is named as before there were languages.
Language = Annotated[
    Annotated[str, AfterValidator(_a_language)] | None, Field(exclude_if=lambda language: language is None)
]


class Model(Strict):
    """A model: ``{kind: self-supervised, weights: facebook/hubert-large-ll60k, revision: 2d1a..., layer: 20}``.

    Attributes:
        kind: a name in the catalogue of what it is used as: ``models.speech.catalog.SPEECH_ENCODERS``,
            ``models.asr.catalog.TRANSCRIBERS`` or ``models.text.catalog.TEXT_ENCODERS``.
        weights: a packaged name, a folder, or a repository on the Hugging Face hub.
        revision: the repository's commit; the newest that is found unless said, and recorded in any case.
        layer: of an encoder, 0 to at most 1000; the last unless said.
        language: what a recogniser hears, a code of ``models.asr.languages``; English unless said. Whisper is told so;
            a ``ctc`` has the language of its checkpoint, and only how its words are compared follows from this one.
    """

    kind: str
    weights: str | None = None
    revision: str | None = None
    layer: Layer | None = None
    language: Language = None

    @property
    def spoken_language(self) -> str:
        """The language that a recogniser hears."""
        return self.language or ENGLISH

    @property
    def pretrained(self) -> Pretrained:
        """Which weights to load."""
        return Pretrained(self.weights, self.revision)


class Speech(Strict):
    """Frames of a speech encoder: ``{speech: whisper}``.

    ``layer`` stands for that of the model, and ``last`` is the encoder's last; with ``all`` the head is given every
    layer and learns how to weigh them.
    """

    speech: str
    layer: Layer | Literal["last", "all"] | None = None


class Words(Strict):
    """Token embeddings of a transcript: ``{text: minilm, transcriber: whisper-tiny.en}``; of the reference without one.

    With ``hears: clean`` the transcriber is given the clean speech, whatever noise is tested: the step of the lexical
    ladder between the reference and ASR in noise.
    """

    text: str
    transcriber: str | None = None
    hears: Literal["tested", "clean"] = "tested"


class Confidence(Strict):
    """How sure a transcriber is of its words: the geometric mean of its tokens' probabilities, 0 without words."""

    confidence: str


class Recorded(Strict):
    """What the record says was done to the speech, which is not heard: ``{record: noise_dbfs}``.

    The RMS level of the noise as it was added, before anything was rounded to 16 bit, and beside it whether there was
    any: what is learnt of levels is then learnt where there was, and without noise one thing is said of everybody.
    """

    record: Literal["noise_dbfs"]


Representation = Speech | Words | Confidence | Recorded


def _form(value: object) -> str | None:
    keys = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return next((key for key in ("speech", "text", "confidence", "record") if key in keys), None)


# As a suite writes it: which of the four it is follows from its first key.
WrittenRepresentation = Annotated[
    Annotated[Speech, Tag("speech")]
    | Annotated[Words, Tag("text")]
    | Annotated[Confidence, Tag("confidence")]
    | Annotated[Recorded, Tag("record")],
    Discriminator(
        _form,
        custom_error_type="representation",
        custom_error_message="a representation is {speech: MODEL}, {text: MODEL, transcriber: MODEL}, "
        "{confidence: MODEL} or {record: noise_dbfs}",
    ),
]

MODELS: dict[str, Model] = {
    "filterbank": Model(kind="filterbank"),
    "filterbank-80": Model(kind="filterbank-80"),
    "whisper-encoder": Model(kind="whisper", weights="whisper-tiny.en", layer=3),
    "whisper-tiny.en": Model(kind="faster-whisper", weights="whisper-tiny.en"),
    "minilm": Model(kind="transformers", weights="minilm"),
}

REPRESENTATIONS: dict[str, Representation] = {
    "mfb": Speech(speech="filterbank"),
    "mfb-80": Speech(speech="filterbank-80"),
    "whisper": Speech(speech="whisper-encoder"),
    "whisper-1": Speech(speech="whisper-encoder", layer=1),
    "whisper-2": Speech(speech="whisper-encoder", layer=2),
    "whisper-4": Speech(speech="whisper-encoder", layer=4),
    "text": Words(text="minilm", transcriber="whisper-tiny.en"),
    "text-clean-asr": Words(text="minilm", transcriber="whisper-tiny.en", hears="clean"),
    "text-oracle": Words(text="minilm"),
    "noise-level": Recorded(record="noise_dbfs"),
}

# Kinds of speech encoders whose only frame is a prediction.
REGRESSORS = ("avd",)


def transcriber_of(one: Representation) -> str | None:
    """Return the model whose transcripts a representation is made of, or None.

    Examples:
        >>> transcriber_of(REPRESENTATIONS["text"]), transcriber_of(REPRESENTATIONS["mfb"])
        ('whisper-tiny.en', None)
    """
    if isinstance(one, Confidence):
        return one.confidence
    return one.transcriber if isinstance(one, Words) else None


def reads_reference(one: Representation) -> bool:
    """Return whether a representation is made of the corpus's own transcript, and so hears nothing."""
    return isinstance(one, Words) and one.transcriber is None


def hears_clean(one: Representation) -> bool:
    """Return whether a representation is made of the clean speech, whatever condition is tested."""
    return isinstance(one, Words) and one.hears == "clean"


def embeds_what_is_heard(one: Representation, models: Mapping[str, Model]) -> bool:
    """Return whether a representation is an embedding of the speech as it is tested, so that noise can move it.

    Examples:
        >>> [name for name, one in REPRESENTATIONS.items() if not embeds_what_is_heard(one, MODELS)]
        ['text-clean-asr', 'text-oracle', 'noise-level']
    """
    if isinstance(one, Speech):
        return models[one.speech].kind not in REGRESSORS
    return isinstance(one, Words) and not reads_reference(one) and not hears_clean(one)


def rung(one: Representation) -> Literal["reference", "clean-asr", "asr"]:
    """Return the rung of the lexical ladder that a representation of words stands on."""
    if reads_reference(one):
        return "reference"
    return "clean-asr" if hears_clean(one) else "asr"
