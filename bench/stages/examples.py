"""One test utterance to listen to: clean, and in noise at three levels."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.corpora.corpus import Utterance
from bench.plan.plan import Plan
from bench.stages.speech import corrupt_utterance
from bench.store.store import Store
from corruptions import CLEAN, Condition, Material, find_corruption
from corruptions.ground.files import write_text
from corruptions.sound.audio import write_audio

_PREFERRED = "babble"  # the noise that people know how to listen for


def write_examples(plan: Plan, material: Material, store: Store, folder: Path) -> None:
    """Write ``examples.json`` and its recordings; all share one gain, so their loudness can be compared.

    Each entry has ``condition``, ``level``, ``file``, ``utterance``, ``text`` (the reference, or null), ``heard`` (by
    transcriber, what it wrote) and ``gain_db``.
    """
    utterance = _typical(plan.tested)
    conditions = [CLEAN, *_three_levels(plan.suite.expanded(), material)]
    audio = {
        condition: corrupt_utterance(
            utterance, condition, 0, material, corpus=plan.corpus.name, seed=plan.suite.seed
        ).audio
        for condition in conditions
    }
    folder.mkdir(parents=True, exist_ok=True)
    gain = min(1.0, 0.99 / max(float(np.abs(one).max()) for one in audio.values()))
    entries = []
    for number, condition in enumerate(conditions):
        name = f"{number}.wav"
        write_audio(folder / name, (audio[condition] * np.float32(gain)).astype(np.float32))
        entries.append(
            {
                "condition": str(condition),
                "level": condition.level,
                "file": name,
                "utterance": utterance.id,
                "text": utterance.transcript,
                "heard": _heard(plan, store, utterance, condition),
                "gain_db": 20 * float(np.log10(gain)),
            }
        )
    write_text(folder / "examples.json", json.dumps(entries, indent=2, ensure_ascii=False))


def _typical(utterances: Sequence[Utterance]) -> Utterance:
    """Return the utterance of median transcript length: neither a word nor a speech."""
    ordered = sorted(utterances, key=lambda one: (len(one.transcript or ""), one.id))
    return ordered[len(ordered) // 2]


def _three_levels(conditions: list[Condition], material: Material) -> list[Condition]:
    """Return the mildest, middle and harshest condition of one corruption."""
    noisy = [condition for condition in conditions if condition.steps]
    if not noisy:
        return []
    names = [condition.curve for condition in noisy]
    name = _PREFERRED if _PREFERRED in names else names[0]
    of_one = [one for one in noisy if one.curve == name]
    high_is_mild = find_corruption(of_one[0].steps[-1].corruption, material).harsher == "down"
    of_one.sort(key=lambda one: one.level or 0.0, reverse=high_is_mild)
    return list(dict.fromkeys([of_one[0], of_one[len(of_one) // 2], of_one[-1]]))


def _heard(plan: Plan, store: Store, utterance: Utterance, condition: Condition) -> dict[str, str]:
    for unit in plan.units:
        if unit.condition == condition and unit.draw == 0 and utterance in unit.utterances:
            heard = {}
            for name, key in plan.transcribers.items():
                table = store.tables("transcripts", [unit.shard(key)])
                heard[name] = str(table.loc[table["utterance"] == utterance.id, "text"].iloc[0])
            return heard
    return {}
