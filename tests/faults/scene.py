"""What the faults happen to: a small corpus of speech, a suite on it, an export and predictions, and all they lead to.

A scene is made once in a folder and kept there: what is in it is what nothing disturbed.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from bench.corpora.corpus import Corpus
from bench.corpora.probe.plan import ProbeSpec
from corruptions import write_audio
from tests.faults.tools.command import Ended, ran
from tests.faults.tools.content import Content, content
from tests.models import tiny

COLUMNS = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript"]
DIMENSIONS = COLUMNS[4:7]
NOISE_S, RATE = 2, 16_000
SPEC = ProbeSpec(train=18, dev=6, test=8)
"""What the speech of a scene is spoken from."""


SCORES = ("score", "other")
"""The folders of scores, which are compared."""


@dataclass(frozen=True)
class Scene:
    """The folder of a scene, and what lies where in it."""

    folder: Path

    @property
    def corpus(self) -> Path:
        """The folder of the user's files: ``corpus.csv``, ``audio/``, ``street/`` and ``suite.yaml``."""
        return self.folder / "corpus"

    @property
    def suite(self) -> Path:
        """The suite."""
        return self.corpus / "suite.yaml"

    @property
    def cache(self) -> Path:
        """The cache in which an undisturbed run left its work."""
        return self.folder / "cache"

    @property
    def run(self) -> Path:
        """The folder of an undisturbed run."""
        return self.folder / "run"

    @property
    def export(self) -> Path:
        """The folder of an undisturbed export."""
        return self.folder / "export"

    @property
    def predictions(self) -> Path:
        """The folder of predictions on the export that were made elsewhere: a table for each folder of scores."""
        return self.folder / "predictions"

    @property
    def score(self) -> Path:
        """The folder of undisturbed scores of the first of those tables."""
        return self.folder / "score"

    def expected(self, name: str) -> Content:
        """Return what the command ``name`` must leave."""
        return content(self.run if name == "report" else self.folder / name)

    def arguments(self, name: str, out: Path, suite: Path | None = None) -> list[object]:
        """Return the arguments of a command that writes to ``out``."""
        street = self.corpus / "street"

        def scoring(name: str) -> list[object]:
            table = self.predictions / name / "guesses.csv"
            return ["score", table, self.export / "manifest.csv", "--out", out, "--bootstrap", 100]

        every: dict[str, list[object]] = {
            "run": ["run", suite or self.suite, "--out", out, "--workers", 2],
            "report": ["report", out],
            **{one: scoring(one) for one in SCORES},
            "compare": ["compare", *(self.folder / one for one in SCORES), "--out", out],
            "export": [
                *("corrupt", self.corpus / "corpus.csv", out, "--noise", f"street={street}", "--workers", 2),
                *("--condition", "clean", "--condition", "babble@5dB", "--condition", "street@0dB"),
            ],
        }
        return every[name]


def make_scene(folder: Path, corpus: Corpus) -> Scene:
    """Return the scene in a folder, after making what is missing of it of a corpus of speech.

    Raises:
        RuntimeError: if an undisturbed command fails.
    """
    scene = Scene(folder)
    if not scene.suite.exists():
        write_corpus(scene, corpus)
    for name in ("run", "export", *SCORES, "compare"):
        if not (scene.folder / name).exists():
            if name in SCORES:
                _predict(scene, name)
            # Under another name until it is whole; the name of the folder is the title of a report.
            part = folder / "making" / name
            shutil.rmtree(part, ignore_errors=True)
            checked(ran(scene.arguments(name, part), folder / "logs" / name / "log", scene.cache))
            part.rename(scene.folder / name)
    return scene


def checked(ended: Ended) -> Ended:
    """Return how a command ended that nothing disturbed.

    Raises:
        RuntimeError: if it did not end well, for then nothing can be compared.
    """
    if ended.status:
        raise RuntimeError(f"an undisturbed command ended with {ended.status}:\n{ended.output}")
    return ended


def write_corpus(scene: Scene, corpus: Corpus) -> None:
    """Write the user's files: speech, a table of it, a folder of noise, a recogniser, and the suite, last."""
    (scene.corpus / "audio").mkdir(parents=True, exist_ok=True)
    rows = [[getattr(one, column) for column in COLUMNS] for one in corpus.utterances]
    table = pd.DataFrame(rows, columns=COLUMNS)
    for number, path in enumerate(table["path"]):
        target = scene.corpus / "audio" / f"{table['id'][number]}.wav"
        shutil.copyfile(path, target)
        table.loc[number, "path"] = f"audio/{target.name}"
    table.to_csv(scene.corpus / "corpus.csv", index=False)
    for seed in range(3):
        noise = 0.05 * np.random.default_rng(seed).standard_normal(NOISE_S * RATE)
        write_audio(scene.corpus / "street" / f"{seed}.wav", noise.astype(np.float32))
    tiny.ctc(scene.corpus / "recogniser")
    tiny.self_supervised(scene.corpus / "encoder")
    write_suite(scene.suite, ["mfb", "noise-level", "random", SURE, VOICE], low_high=corpus.scale)


SURE = {
    "name": "sure",
    "description": "How sure a recogniser of random weights is of its words.",
    "family": "control",
    "inputs": ["sure"],
    "head": "ridge",
}
VOICE = {
    "name": "voice",
    "description": "What an encoder of random weights hears.",
    "family": "acoustic",
    "inputs": ["voice"],
    "head": "ridge",
}


def write_suite(path: Path, systems: Sequence[object], low_high: tuple[float, float], name: str = "faults") -> None:
    """Write a suite on the corpus beside it."""
    content = {
        "name": name,
        "corpus": {"manifest": "corpus.csv", "scale": [*low_high]},
        "models": {
            "tiny": {"kind": "ctc", "weights": str(path.parent / "recogniser")},
            "encoder": {"kind": "self-supervised", "weights": str(path.parent / "encoder")},
        },
        "representations": {"sure": {"confidence": "tiny"}, "voice": {"speech": "encoder"}},
        "systems": list(systems),
        "noises": {"street": "street"},
        "conditions": [
            "clean",
            {"noise": ["babble"], "snr_db": [5]},
            {"noise": ["street"], "snr_db": [0]},
            "reverb@0.3s",
        ],
        "seeds": [0],
        "bootstrap": 100,
        "training": {"fit": {"epochs": 3}},
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _predict(scene: Scene, name: str) -> None:
    table = pd.read_csv(scene.export / "manifest.csv", dtype={"id": str})
    guesses = np.random.default_rng(SCORES.index(name)).uniform(2, 6, (len(table), 3))
    labels = pd.DataFrame(guesses, columns=DIMENSIONS)
    path = scene.predictions / name / "guesses.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat([table[["id", "condition", "draw"]], labels], axis=1).to_csv(path, index=False)
