"""Where a run's numbers come from: versions, weights, machine, seeds and times."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from bench.corpora.corpus import SPLITS
from bench.plan.plan import Plan
from bench.store.machine import machine, versions
from corruptions import Condition, Material, find_corruption
from corruptions.catalog import SNR


def provenance(
    plan: Plan, material: Material, seconds: Mapping[str, float], started: datetime, device: str
) -> dict[str, Any]:
    """Return what ``provenance.json`` holds, as JSON values.

    Args:
        plan: what was run.
        material: what its noises are made of.
        seconds: wall time of each stage of this session; what an earlier session did is not in it.
        started: when this session began.
        device: what the encoders ran on.
    """
    finished = datetime.now(UTC)
    suite, corpus = plan.suite, plan.corpus
    return {
        "suite": suite.name,
        "key": plan.key,
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "wall_s": (finished - started).total_seconds(),
        "versions": versions(),
        "machine": machine() | {"device": device},
        "corpus": {
            "name": corpus.name,
            "synthetic": corpus.synthetic,
            "note": corpus.note,
            "scale": list(corpus.scale),
            "utterances": {split: len(corpus.split(split)) for split in SPLITS},
            "speakers": {split: len({one.speaker for one in corpus.split(split)}) for split in SPLITS},
            "limit": suite.limit,
            "best_possible_ccc": corpus.best_possible_ccc and dict(corpus.best_possible_ccc),
        },
        "conditions": [described(one, material) for one in suite.expanded()],
        "corruptions": explained(suite.expanded(), material),
        "snr": suite.snr,
        "policy": suite.policy,
        "seeds": list(suite.seeds),
        "draws": suite.draws,
        "bootstrap": suite.bootstrap,
        "training_noises": sorted({step.corruption for one in suite.training.expanded() for step in one.steps}),
        "encoders": dict(plan.fingerprints),
        "revisions": dict(plan.revisions),
        "stages": dict(seconds),
    }


def explained(conditions: Sequence[Condition], material: Material) -> dict[str, str]:
    """Return a sentence on every corruption in the conditions, in their order."""
    names = dict.fromkeys(step.corruption for condition in conditions for step in condition.steps)
    return {name: find_corruption(name, material).description for name in names}


def described(condition: Condition, material: Material) -> dict[str, Any]:
    """Return what a report must know of a condition: its curve, and where on it it lies."""
    last = find_corruption(condition.steps[-1].corruption, material) if condition.steps else None
    return {
        "condition": str(condition),
        "corruption": condition.curve,
        "level": condition.level,
        "level_unit": last and last.level_unit,
        "harsher": last and last.harsher,
        "snr_of": _snr_of(condition, material),
    }


def _snr_of(condition: Condition, material: Material) -> Literal["heard", "dry"] | None:
    """Return what an SNR in a room refers to: all that is heard of the speech, or its direct sound alone.

    Examples:
        >>> from corruptions import parse_condition
        >>> dry, after = map(parse_condition, ("reverb@0.6s+babble@5dB-dry", "babble@5dB+reverb@0.6s"))
        >>> _snr_of(dry, Material()), _snr_of(after, Material())
        ('dry', None)
    """
    in_room = False
    for step in condition.steps:
        corruption = find_corruption(step.corruption, material)
        if in_room and corruption.level_unit == SNR:
            return "dry" if step.dry else "heard"
        in_room = in_room or bool(corruption.needs & {"rooms", "responses"})
    return None
