"""Where a run's numbers come from: versions, weights, machine, seeds and times."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bench.plan.plan import Plan
from bench.stages.described import described, explained
from bench.store.clock import Began
from bench.store.machine import machine, versions
from bench.suite.representations import transcriber_of
from bench.suite.suite import Suite
from bench.uncertainty.intervals import method_named
from corruptions import Material
from corruptions.sound.public import SPLITS


def provenance(
    plan: Plan, material: Material, seconds: Mapping[str, float], began: Began, device: str
) -> dict[str, Any]:
    """Return what ``provenance.json`` holds, as JSON values.

    Args:
        plan: what was run.
        material: what its noises are made of.
        seconds: wall time of each stage of this session; what an earlier session did is not in it.
        began: when this session began.
        device: what the encoders ran on.
    """
    suite, corpus = plan.suite, plan.corpus
    return {
        "suite": suite.name,
        "key": plan.key,
        **began.until_now(),
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
            "limited_to": None if suite.limit is None else [one.id for one in plan.tested],
            "left_out": [asdict(one) for one in corpus.left_out],
            "best_possible_ccc": corpus.best_possible_ccc and dict(corpus.best_possible_ccc),
        },
        "conditions": [described(one, material) for one in suite.expanded()],
        "corruptions": explained(suite.expanded(), material),
        "snr": suite.snr,
        "policy": suite.policy,
        "seeds": list(suite.seeds),
        "draws": suite.draws,
        "reference": suite.reference_system,
        "intervals": method_named(suite.intervals, resamples=suite.bootstrap).described,
        "training_noises": sorted({step.corruption for one in suite.training.expanded() for step in one.steps}),
        "encoders": dict(plan.fingerprints),
        "revisions": dict(plan.revisions),
        "languages": languages_heard(suite),
        "stages": dict(seconds),
    }


def languages_heard(suite: Suite) -> dict[str, str]:
    """Return the language that every recogniser in use hears, by its name."""
    used = {transcriber_of(suite.catalog.representations[name]) for name in suite.representations_needed}
    return {
        name: suite.catalog.models[name].spoken_language for name in sorted(name for name in used if name is not None)
    }
