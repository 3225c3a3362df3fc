"""How much may be asked for: more than anybody means, and less than what fills the memory when all work is done."""

MOST_SEED = 2**63 - 1
"""What a column of whole numbers holds, and PyTorch's generators take."""

MOST_UTTERANCES = 10_000_000

MOST_WORKERS = 1024

MOST_DRAWS = 1000

FEWEST_RESAMPLES = 100

MOST_RESAMPLES = 100_000
"""Fifty times what an interval of 95 % wants."""

MOST_RESAMPLED = 200_000_000
"""Resamples times cells, which are conditions times draws times seeds: 190 bytes each (measured), so about 38 GB."""


def check_resamples(resamples: int, n_cells: int) -> None:
    """Refuse more resamples than a memory holds.

    Args:
        resamples: of the speakers.
        n_cells: conditions times draws times seeds.

    Raises:
        ValueError: if there are more than ``MOST_RESAMPLED`` of both together.
    """
    if resamples * n_cells > MOST_RESAMPLED:
        raise ValueError(
            f"bootstrap: {resamples:,} resamples of {n_cells:,} cells (conditions times draws times seeds) are too "
            f"many to be held at once; at most {MOST_RESAMPLED:,} of both together"
        )
