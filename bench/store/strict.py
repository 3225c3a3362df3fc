"""What is read from a user's file: unknown keys are errors, and nothing changes after it was checked."""

from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bench.store.bounds import MOST_SEED, MOST_UTTERANCES

_SHOWN = 10


class Strict(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values; a ``ValueError`` if one is there twice."""
    repeated = sorted(str(value) for value, times in Counter(values).items() if times > 1)
    if repeated:
        more = ", ..." if len(repeated) > _SHOWN else ""
        raise ValueError(f"named more than once: {', '.join(repeated[:_SHOWN])}{more}")
    return values


def _not_a_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"a number is needed, not {str(value).lower()}")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


# For ``Annotated[int, NUMBER, ...]``: Python takes true for 1.
NUMBER = BeforeValidator(_not_a_truth)

Seed = Annotated[int, NUMBER, Field(ge=0, le=MOST_SEED)]
Count = Annotated[int, NUMBER, Field(ge=1, le=MOST_UTTERANCES)]


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


# For ``Annotated[tuple[T, ...], *SEVERAL]``: one or more different values; a single one needs no brackets.
SEVERAL = (BeforeValidator(_listed), AfterValidator(unique), Field(min_length=1))
# The same, where there may be none.
ANY = SEVERAL[:2]
