"""How much may be asked for: more than anybody means, and less than what hangs or fills the memory hours later."""

MOST_SEED = 2**63 - 1
"""What a column of whole numbers holds, and PyTorch's generators take."""

MOST_UTTERANCES = 10_000_000

MOST_WORKERS = 1024

MOST_DRAWS = 1000

FEWEST_RESAMPLES = 100

MOST_RESAMPLES = 100_000
"""A hundred times what an interval of 95 % wants."""
