"""The tables of a run, as far as a report shows them."""

from reports.run.columns import Column

TEXT, MAYBE_TEXT = Column("text"), Column("text", nullable=True)
NUMBER, MAYBE_NUMBER = Column("number"), Column("number", nullable=True)
COUNT, MAYBE_COUNT = Column("whole number", lowest=0), Column("whole number", nullable=True, lowest=0)
AMOUNT = Column("number", nullable=True, lowest=0)
SCORE = {"value": MAYBE_NUMBER, "ci_low": MAYBE_NUMBER, "ci_high": MAYBE_NUMBER}
RESULTS = {
    "system": TEXT,
    "seed": MAYBE_COUNT,
    "corruption": MAYBE_TEXT,
    "condition": MAYBE_TEXT,
    "level": MAYBE_NUMBER,
    "level_unit": MAYBE_TEXT,
    "draw": MAYBE_COUNT,
    "dimension": MAYBE_TEXT,
    "metric": TEXT,
    **SCORE,
    "n_utterances": COUNT,
    "n_speakers": COUNT,
    "note": Column("text", nullable=True, optional=True),
}
# Tables that not every run has: file -> its columns, and those of which no two rows may be the same.
EXTRAS: dict[str, tuple[dict[str, Column], tuple[str, ...]]] = {
    "training": (
        {
            "system": TEXT,
            "seed": COUNT,
            "stage": Column("text", nullable=True, optional=True),
            "epoch": COUNT,
            "train_loss": MAYBE_NUMBER,
            "dev_mean": MAYBE_NUMBER,
            "kept": Column("true or false"),
        },
        (),
    ),
    "costs": (
        {
            "system": TEXT,
            "trained_parameters": AMOUNT,
            "pretrained_parameters": AMOUNT,
            "real_time_factor": AMOUNT,
            "device": TEXT,
        },
        ("system",),
    ),
    "comparisons": (
        {
            "group": TEXT,
            "system": TEXT,
            "against": TEXT,
            "dimension": TEXT,
            "metric": TEXT,
            "corruption": MAYBE_TEXT,
            "seed": Column("whole number", nullable=True, lowest=0, optional=True),
            **SCORE,
            "p_holm": AMOUNT,
            "seed_sd": Column("number", nullable=True, lowest=0, optional=True),
            "all_low": Column("number", nullable=True, optional=True),
            "all_high": Column("number", nullable=True, optional=True),
            "n_utterances": Column("whole number", lowest=0, optional=True),
            "n_speakers": Column("whole number", lowest=0, optional=True),
            "note": Column("text", nullable=True, optional=True),
        },
        ("group", "system", "against", "dimension", "metric", "corruption", "seed"),
    ),
    "links": (
        {
            "system": TEXT,
            "transcriber": TEXT,
            "dimension": TEXT,
            "metric": TEXT,
            "corruption": MAYBE_TEXT,
            "condition": MAYBE_TEXT,
            "level": MAYBE_NUMBER,
            "level_unit": MAYBE_TEXT,
            **SCORE,
            "n_utterances": COUNT,
            "n_speakers": COUNT,
            "note": MAYBE_TEXT,
        },
        ("system", "transcriber", "dimension", "metric", "condition"),
    ),
    "no_speech": (
        {
            "transcriber": TEXT,
            "noise_dbfs": MAYBE_NUMBER,
            "duration_s": NUMBER,
            "text": TEXT,
            "invented": Column("true or false"),
            "flagged": Column("true or false", nullable=True),
        },
        ("transcriber", "noise_dbfs", "duration_s"),
    ),
    "layers": (
        {"system": TEXT, "seed": COUNT, "input": TEXT, "layer": COUNT, "weight": NUMBER},
        ("system", "seed", "input", "layer"),
    ),
}
