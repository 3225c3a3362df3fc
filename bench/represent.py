"""From waveforms and reference texts to representations, each encoder called once however many systems use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bench.keys import digest
from bench.systems import REPRESENTATIONS
from models.types import Frames, SpeechEncoder, TextEncoder, Transcriber, Transcript, Waveform


@dataclass(frozen=True)
class Represented:
    """What the encoders made of a block of utterances: by representation, and by transcriber."""

    features: Mapping[str, list[Frames]]
    transcripts: Mapping[str, list[Transcript]]


def represent(
    names: Sequence[str],
    waveforms: Sequence[Waveform],
    references: Sequence[str | None],
    device: str,
    *,
    transcribers: Sequence[str] = (),
    transcripts: Mapping[str, list[Transcript]] | None = None,
) -> Represented:
    """Return the representations ``names`` of a block of utterances.

    Args:
        names: names in ``REPRESENTATIONS``.
        waveforms: one for each utterance; none where no name is made of audio and ``transcripts`` has the rest.
        references: reference transcripts, for the names that read them.
        device: ``cpu`` or ``cuda``.
        transcribers: whose transcripts are wanted even where no name reads them.
        transcripts: transcripts that were made before, by transcriber; these are not made again.
    """
    heard = dict(transcripts or {})
    readers = [REPRESENTATIONS[name].transcriber for name in names]
    for transcriber in dict.fromkeys([*transcribers, *(name for name in readers if name is not None)]):
        if transcriber not in heard:
            heard[transcriber] = _transcriber(transcriber, device)(waveforms)
    features: dict[str, list[Frames]] = {}
    for name in names:
        representation = REPRESENTATIONS[name]
        if representation.source == "audio":
            features[name] = _speech_encoder(representation.encoder, device)(waveforms)
            continue
        if representation.transcriber is None:
            texts = [reference or "" for reference in references]
        else:
            texts = [transcript.text for transcript in heard[representation.transcriber]]
        features[name] = _text_encoder(representation.encoder, device)(texts)
    return Represented(features, heard)


def fingerprints(names: Sequence[str], device: str) -> dict[str, str]:
    """Return for each representation, and each transcriber it uses, a name that changes when its output may."""
    found: dict[str, str] = {}
    for name in names:
        representation = REPRESENTATIONS[name]
        if representation.source == "audio":
            found[name] = _speech_encoder(representation.encoder, device).fingerprint
            continue
        found[name] = _text_encoder(representation.encoder, device).fingerprint
        if representation.transcriber is not None:
            found[representation.transcriber] = _transcriber(representation.transcriber, device).fingerprint
            found[name] = digest(found[name], found[representation.transcriber])
    return found


@cache
def _speech_encoder(name: str, device: str) -> SpeechEncoder:
    from models.speech import SPEECH_ENCODERS

    return SPEECH_ENCODERS[name](device)


@cache
def _transcriber(name: str, device: str) -> Transcriber:
    from models.asr import TRANSCRIBERS

    return TRANSCRIBERS[name](device)


@cache
def _text_encoder(name: str, device: str) -> TextEncoder:
    from models.text import TEXT_ENCODERS

    return TEXT_ENCODERS[name](device)
