"""How a suite writes its conditions: one by one, or in blocks of several levels."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from bench.store.strict import NUMBER, SEVERAL, Strict
from corruptions import CORRUPTIONS, Condition, Step, parse_condition
from corruptions.catalog import FURTHEST_SNR_DB, LONGEST_RT60_S, SNR

Policy = Literal["per-utterance", "floor"]
"""How loud noise is: as loud for each utterance as its SNR says, or as loud for all as their median would have it."""

REVERB = "reverb"

Level = Annotated[float, NUMBER, Field(ge=-1e6, le=1e6)]
"""In any unit; which of these a corruption can have is for it to say, see ``corruptions.check_levels``."""

Snr = Annotated[float, NUMBER, Field(ge=-FURTHEST_SNR_DB, le=FURTHEST_SNR_DB)]
Rt60 = Annotated[float, NUMBER, Field(gt=0, le=LONGEST_RT60_S)]

MOST_CONDITIONS = 100_000
"""Of a suite, blocks written out."""


def _a_noise(name: str) -> str:
    if name in CORRUPTIONS and CORRUPTIONS[name].level_unit != SNR:
        raise ValueError(f"{name} is no noise: write it alone, or as a block {{corruption: {name}, level: ...}}")
    return name


class NoiseConditions(Strict):
    """Every noise at every SNR: ``{noise: [white, babble], snr_db: [20, 10, 5, 0, -5]}``.

    With ``reverb_s``, all of that in a room of every reverberation time: the speech reverberates, the noise does not.
    ``snr_of: dry`` lets the SNR refer to the direct sound of the speech; otherwise it refers to all that arrives of it.
    """

    noise: Annotated[tuple[Annotated[str, AfterValidator(_a_noise)], ...], *SEVERAL]
    snr_db: Annotated[tuple[Snr, ...], *SEVERAL]
    reverb_s: Annotated[tuple[Rt60, ...], *SEVERAL] | None = None
    snr_of: Literal["heard", "dry"] = "heard"

    def __len__(self) -> int:
        return len(self.noise) * len(self.snr_db) * len(self.reverb_s or [None])

    def expand(self) -> Iterator[Condition]:
        """Yield the conditions, room by room and noise by noise."""
        rooms = [()] if self.reverb_s is None else [(Step(REVERB, seconds),) for seconds in self.reverb_s]
        dry = self.snr_of == "dry"
        return (
            Condition((*room, Step(noise, level, dry=dry)))
            for room in rooms
            for noise in self.noise
            for level in self.snr_db
        )


class RoomConditions(Strict):
    """Rooms of several reverberation times: ``{reverb_s: [0.3, 0.6]}``."""

    reverb_s: Annotated[tuple[Rt60, ...], *SEVERAL]

    def __len__(self) -> int:
        return len(self.reverb_s)

    def expand(self) -> Iterator[Condition]:
        """Yield the conditions, in the order of the file."""
        return (Condition((Step(REVERB, seconds),)) for seconds in self.reverb_s)


class LevelConditions(Strict):
    """Any corruption at several levels in its own unit: ``{corruption: mp3, level: [32, 16]}``.

    One that has no levels is written without: ``{corruption: [gsm, telephone]}``.
    """

    corruption: Annotated[tuple[str, ...], *SEVERAL]
    level: Annotated[tuple[Level | None, ...], *SEVERAL] = (None,)

    def __len__(self) -> int:
        return len(self.corruption) * len(self.level)

    def expand(self) -> Iterator[Condition]:
        """Yield the conditions, corruption by corruption."""
        return (Condition((Step(name, level),)) for name in self.corruption for level in self.level)


def _written(text: str) -> str:
    return str(parse_condition(text))


def _kind(value: object) -> str | None:
    if isinstance(value, str):
        return "written"
    keys = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return next((key for key in ("noise", "corruption", "reverb_s") if key in keys), None)


ConditionBlock = Annotated[
    Annotated[str, AfterValidator(_written), Tag("written")]
    | Annotated[NoiseConditions, Tag("noise")]
    | Annotated[LevelConditions, Tag("corruption")]
    | Annotated[RoomConditions, Tag("reverb_s")],
    Discriminator(
        _kind,
        custom_error_type="condition",
        custom_error_message="a condition is clean, babble@5dB and so on; or a block of noise, reverb_s or corruption",
    ),
]


def expand(blocks: Sequence[ConditionBlock]) -> list[Condition]:
    """Return every condition of several blocks, in their order.

    Raises:
        ValueError: if there are more than ``MOST_CONDITIONS``.
    """
    n_conditions = sum(1 if isinstance(block, str) else len(block) for block in blocks)
    if n_conditions > MOST_CONDITIONS:
        raise ValueError(f"conditions: blocks written out, there are {n_conditions:,}; at most {MOST_CONDITIONS:,}")
    return [
        condition
        for block in blocks
        for condition in ([parse_condition(block)] if isinstance(block, str) else block.expand())
    ]
