"""What is read from a user's file: unknown keys are errors, and nothing changes after it was checked."""

from typing import Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values; a ``ValueError`` if one is there twice."""
    repeated = {str(value) for value in values if values.count(value) > 1}
    if repeated:
        raise ValueError(f"named more than once: {', '.join(sorted(repeated))}")
    return values


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


# For ``Annotated[tuple[T, ...], *SEVERAL]``: one or more different values; a single one needs no brackets.
SEVERAL = (BeforeValidator(_listed), AfterValidator(unique), Field(min_length=1))
# The same, where there may be none.
ANY = SEVERAL[:2]
