"""What a run leaves in its folder, and whether it is all there."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.plan.plan import Plan
from bench.scores.comparisons import compare
from bench.scores.scoring import score
from bench.stages.assemble import corruptions_table, plan_grid, plan_recipe, predictions_table, transcripts_table
from bench.stages.described import harsher_by_curve
from bench.stages.evaluate import missing_work
from bench.stages.recipe import CORRUPTIONS_TABLE, notices, write_corruptions
from bench.stages.train import head_path, histories, weights_of_layers
from bench.store.folders import Claim, mark
from bench.store.store import Store, write_table
from bench.suite.representations import Words, rung, transcriber_of
from bench.suite.suite import ManifestCorpus, Suite
from bench.suite.systems import AS_IS, CONTROLS, UNTAUGHT, Catalog, System
from corruptions import Material
from corruptions.sound.files import replacing

TABLES = ("predictions.parquet", "transcripts.parquet", "results.parquet")
BESIDE = (
    "comparisons.parquet",
    "costs.parquet",
    "no_speech.parquet",
    "training.parquet",
    "layers.parquet",
    "systems.json",
)
RECORD = "provenance.json"  # written last and removed first: where it is, everything is
SUITE = "suite.yaml"
FOLDERS = ("report", "examples", "models")


def run_claim(suite: Suite) -> Claim:
    """Return what a run of this suite makes of its folder; another suite name, corpus or limit is another run."""
    corpus = suite.corpus
    if isinstance(corpus, ManifestCorpus):
        name, source = corpus.name or corpus.manifest.stem, str(corpus.manifest.resolve())
    else:
        sizes = (f"{count} {split}" for split, count in asdict(corpus.probe).items())
        name, source = "probe", ", ".join(sizes)
    return Claim(
        "run",
        {"suite": suite.name, "corpus": name, "source": source, "limit": suite.limit},
        (SUITE, RECORD, *TABLES, *BESIDE, CORRUPTIONS_TABLE),
        FOLDERS,
    )


def is_done(plan: Plan, out: Path) -> bool:
    """Return whether the folder holds every table of just this plan, without holes."""
    record = out / RECORD
    if not record.exists() or not all((out / name).exists() for name in (*TABLES, *BESIDE, CORRUPTIONS_TABLE)):
        return False
    about = json.loads(record.read_text(encoding="utf-8"))
    return bool(about.get("key") == plan.key and about.get("missing_blocks") == 0)


def begin(plan: Plan, out: Path) -> None:
    """Make the folder this plan's own: what another left no longer counts as finished, nor as its examples."""
    mark(out, run_claim(plan.suite))
    (out / RECORD).unlink(missing_ok=True)
    (out / "examples" / "examples.json").unlink(missing_ok=True)
    write_text(out / SUITE, plan.suite.to_yaml())


def write_tables(plan: Plan, material: Material, store: Store, out: Path, *, allow_missing: bool) -> list[str]:
    """Write the tables, the paired differences, the training curves, and what the systems are.

    Returns:
        What to be careful about, in sentences.

    Raises:
        TableError: for a grid with holes, unless ``allow_missing``.
    """
    predictions, transcripts = predictions_table(plan, material, store), transcripts_table(plan, material, store)
    harsher = harsher_by_curve(plan.suite.expanded(), material)
    grid = plan_grid(plan, material)
    results = score(
        predictions,
        transcripts,
        bootstrap=plan.suite.bootstrap,
        seed=plan.suite.seed,
        harsher=harsher,
        grid=grid,
        allow_missing=allow_missing,
    )
    comparisons = compare(
        predictions,
        plan.suite.compared,
        seed=plan.suite.seed,
        harsher=harsher,
        grid=grid,
        allow_missing=allow_missing,
    )
    write_table(comparisons, out / "comparisons.parquet")
    for name, table in zip(TABLES, (predictions, transcripts, results), strict=True):
        write_table(table, out / name)
    corruptions = corruptions_table(plan, material, store)
    write_corruptions(corruptions, plan_recipe(plan, material), out / CORRUPTIONS_TABLE)
    write_table(histories(plan, store), out / "training.parquet")
    write_table(weights_of_layers(plan, store), out / "layers.parquet")
    write_text(out / "systems.json", json.dumps(described_systems(plan.suite), indent=2, ensure_ascii=False))
    return notices(corruptions)


def described_systems(suite: Suite) -> dict[str, dict[str, object]]:
    """Return what a report must know of every system that was tested."""
    return {name: _described(suite.catalog.systems[name], suite.catalog) for name in suite.tested}


def _described(system: System, catalog: Catalog) -> dict[str, object]:
    sources = [catalog.representations[name] for name in system.inputs]
    only_words = bool(sources) and all(isinstance(one, Words) for one in sources)
    # Whose heads they are says how they were trained; what was trained elsewhere heard nobody knows what.
    trained = system if system.trained_as is None else catalog.systems[system.trained_as]
    recognisers = {name for one in sources if (name := transcriber_of(one)) is not None}
    return {
        "family": system.family,
        "description": system.description,
        "inputs": list(system.inputs),
        "head": trained.head,
        "teacher": None if trained.head == UNTAUGHT else trained.teacher,
        "heard": None if system.head in {*CONTROLS, AS_IS} else trained.trained_on,
        "ladder": rung(sources[0]) if only_words else None,
        "languages": sorted({catalog.models[name].spoken_language for name in recognisers}),
        "paper": system.paper,
        "reading": system.reading,
    }


def finish(plan: Plan, about: Mapping[str, Any], store: Store, out: Path) -> None:
    """Copy the trained heads, and say where the numbers come from."""
    for fit in plan.fits:
        with replacing(out / "models" / f"{fit.system}-seed{fit.seed}.safetensors") as path:
            shutil.copyfile(head_path(store, fit), path)
    record = {**about, "missing_blocks": len(missing_work(plan, store))}
    write_text(out / RECORD, json.dumps(record, indent=2, ensure_ascii=False))


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
