"""What a run leaves in its folder, and whether it is all there."""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from bench.corpora.corpus import Corpus
from bench.plan.plan import Plan
from bench.scores.comparisons import compare
from bench.scores.links import link
from bench.scores.metrics import ccc
from bench.scores.results import check_corruptions, check_predictions
from bench.scores.scoring import score
from bench.scores.texts import text_notices
from bench.stages.assemble import (
    corruptions_table,
    dev_predictions_table,
    drift_table,
    plan_dev_grid,
    plan_grid,
    plan_recipe,
    predictions_table,
    transcripts_table,
)
from bench.stages.described import harsher_by_curve
from bench.stages.recipe import CORRUPTIONS_TABLE, notices, write_corruptions
from bench.stages.train import head_entry, histories, weights_of_layers
from bench.store.folders import RECORD, Claim, mark
from bench.store.store import Store, write_table
from bench.suite.references import References, references
from bench.suite.representations import Recorded, Words, hears_clean, rung, transcriber_of
from bench.suite.suite import ManifestCorpus, Suite
from bench.suite.systems import AS_IS, UNTAUGHT, Catalog, System
from bench.uncertainty.intervals import method_named
from corruptions import Material
from corruptions.ground.files import replacing, write_text
from corruptions.ground.problems import counted, listed
from corruptions.ground.seals import BLANK, SealError, is_sealed, sealing
from corruptions.sound.inputs import file_sha256, is_there

TABLES = ("predictions.parquet", "transcripts.parquet", "results.parquet")
DEVELOPMENT = "dev_predictions.parquet"
BESIDE = (
    DEVELOPMENT,
    "comparisons.parquet",
    "links.parquet",
    "drift.parquet",
    "costs.parquet",
    "no_speech.parquet",
    "training.parquet",
    "layers.parquet",
    "systems.json",
)
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
    """Return whether the folder holds every table of just this plan, as it was written."""
    return is_sealed(out / RECORD, RECORD) and read_record(out)["key"] == plan.key and not changed_files(out)


def write_record(out: Path, about: Mapping[str, Any], names: Iterable[str]) -> None:
    """Write ``provenance.json``, sealed: where the numbers come from, and the SHA-256 of the files they are in.

    Args:
        out: the run's folder.
        about: what there is to say, as JSON values.
        names: the files, relative to ``out``.
    """
    record = {"seal": BLANK, **about, "files": {name: file_sha256(out / name) for name in sorted(names)}}
    with sealing(out / RECORD, RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False), encoding="utf-8")


def read_record(out: Path) -> dict[str, Any]:
    """Return what ``provenance.json`` says."""
    record: dict[str, Any] = json.loads((out / RECORD).read_text(encoding="utf-8"))
    return record


def changed_files(out: Path) -> list[Path]:
    """Return the files of a finished run, or of scores, that are not as they were written, or not there.

    None of a folder without ``provenance.json``, which is not finished, nor of one that an older version wrote.
    """
    record = out / RECORD
    if not record.exists():
        return []
    if not is_sealed(record, RECORD):
        return [] if _is_of_old(record.read_text(encoding="utf-8", errors="replace")) else [record]
    digests = read_record(out)["files"]
    return [out / name for name, sha256 in digests.items() if not is_there(out / name, sha256)]


def _is_of_old(text: str) -> bool:
    """Return whether a record is one of before there were seals; a flipped bit does not make one of a newer one."""
    return '"suite": ' in text and not any(f'"{key}": ' in text for key in ("seal", "files"))


def check_unchanged(out: Path) -> None:
    """Refuse the folder of a finished run, or of scores, in which a file is not as it was written.

    Raises:
        SealError: naming the files.
    """
    if changed := changed_files(out):
        raise SealError(
            f"{counted(len(changed), 'file')} not as written, and made again by the command that made "
            f"{out}:{listed([str(path) for path in changed])}"
        )


def begin(plan: Plan, out: Path) -> None:
    """Make the folder this plan's own: what another left no longer counts as finished, nor as its examples."""
    mark(out, run_claim(plan.suite))
    (out / RECORD).unlink(missing_ok=True)
    (out / "examples" / "examples.json").unlink(missing_ok=True)
    write_text(out / SUITE, plan.suite.to_yaml())


def write_tables(plan: Plan, material: Material, store: Store, out: Path) -> dict[str, Any]:
    """Write the tables, the paired differences, the training curves, and what the systems are.

    Returns:
        What goes into provenance: ``references``, the comparisons that every run has, and ``notices``, what to be
        careful about, in sentences.

    Raises:
        TableError: for a grid with holes.
    """
    predictions, transcripts = predictions_table(plan, material, store), transcripts_table(plan, material, store)
    harsher = harsher_by_curve(plan.suite.expanded(), material)
    grid = plan_grid(plan, material)
    suite = plan.suite
    method = method_named(suite.intervals, resamples=suite.bootstrap, seed=suite.seed)
    development = check_predictions(dev_predictions_table(plan, material, store), plan_dev_grid(plan, material))
    drift = drift_table(plan, material, store)
    results = score(
        predictions,
        transcripts,
        drift,
        method=method,
        harsher=harsher,
        grid=grid,
        reference=suite.reference_system,
        development=development,
    )
    chosen = _references(suite, development)
    pairs = {**suite.compared, **{name: one.pairs for name, one in chosen.items()}}
    comparisons = compare(predictions, pairs, method=method, harsher=harsher, grid=grid)
    write_table(development, out / DEVELOPMENT)
    write_table(comparisons, out / "comparisons.parquet")
    write_table(link(predictions, transcripts, _readers(suite), method=method, grid=grid), out / "links.parquet")
    write_table(drift, out / "drift.parquet")
    for name, table in zip(TABLES, (predictions, transcripts, results), strict=True):
        write_table(table, out / name)
    corruptions = corruptions_table(plan, material, store)
    check_corruptions(corruptions, grid)
    write_corruptions(corruptions, plan_recipe(plan, material), out / CORRUPTIONS_TABLE)
    write_table(histories(plan, store), out / "training.parquet")
    write_table(weights_of_layers(plan, store), out / "layers.parquet")
    write_text(out / "systems.json", json.dumps(described_systems(plan.suite), indent=2, ensure_ascii=False))
    careful = [*notices(corruptions), *text_notices(method, predictions, grid.texts), *_left_out(plan.corpus)]
    return {"references": {name: asdict(one) for name, one in chosen.items()}, "notices": careful}


def _readers(suite: Suite) -> dict[str, list[str]]:
    """Return the recognisers whose words every system reads, of what is heard under each condition."""
    inputs = {
        name: [suite.catalog.representations[one] for one in suite.catalog.systems[name].inputs]
        for name in suite.tested
    }
    return {
        name: sorted({heard for one in of if not hears_clean(one) and (heard := transcriber_of(one)) is not None})
        for name, of in inputs.items()
    }


def _references(suite: Suite, development: pd.DataFrame) -> dict[str, References]:
    """Return the comparisons that the suite did not ask for, by the names of their groups."""
    catalog = suite.catalog
    systems = {name: catalog.systems[name] for name in suite.tested}
    cells = development.groupby(["system", "seed", "dimension"], dropna=False)
    scores = pd.Series({key: ccc(of["truth"], of["prediction"]) for key, of in cells})
    means = scores.groupby(level=0).mean(skipna=False)
    deployable = (
        name
        for name, one in systems.items()
        if all(rung(catalog.representations[source]) == "asr" for source in one.inputs)
    )
    known = {name: float(means[name]) for name in deployable}
    asked = {pair for pairs in suite.compared.values() for pair in pairs}
    return references(systems, {name: score for name, score in known.items() if not isnan(score)}, asked)


def _left_out(corpus: Corpus) -> list[str]:
    if not corpus.left_out:
        return []
    why = [f"{one.id} ({one.split}): {one.why}" for one in corpus.left_out]
    return [
        f"{counted(len(why), 'utterance')} left out of every condition, whose recordings cannot be used:{listed(why)}"
    ]


def described_systems(suite: Suite) -> dict[str, dict[str, object]]:
    """Return what a report must know of every system that was tested."""
    return {name: _described(suite.catalog.systems[name], suite.catalog) for name in suite.tested}


def _described(system: System, catalog: Catalog) -> dict[str, object]:
    sources = [catalog.representations[name] for name in system.inputs]
    only_words = bool(sources) and all(isinstance(one, Words) for one in sources)
    hears = not all(isinstance(one, Recorded) for one in sources)
    # Whose heads they are says how they were trained; what was trained elsewhere heard nobody knows what.
    trained = system if system.trained_as is None else catalog.systems[system.trained_as]
    recognisers = {name for one in sources if (name := transcriber_of(one)) is not None}
    return {
        "family": system.family,
        "description": system.description,
        "inputs": list(system.inputs),
        "head": trained.head,
        "teacher": None if trained.head == UNTAUGHT else trained.teacher,
        "heard": trained.trained_on if hears and system.head != AS_IS else None,
        "ladder": rung(sources[0]) if only_words else None,
        "languages": sorted({catalog.models[name].spoken_language for name in recognisers}),
        "paper": system.paper,
        "reading": system.reading,
    }


def finish(plan: Plan, about: Mapping[str, Any], store: Store, out: Path) -> None:
    """Copy the trained heads, and say where the numbers come from."""
    heads = {f"models/{fit.system}-seed{fit.seed}.safetensors": head_entry(store, fit) for fit in plan.fits}
    for name, head in heads.items():
        with replacing(out / name) as path:
            shutil.copyfile(head.checked(), path)
    examples = [f"examples/{path.name}" for path in (out / "examples").glob("*") if not path.name.startswith(".")]
    write_record(out, about, [*TABLES, *BESIDE, CORRUPTIONS_TABLE, SUITE, *heads, *examples])
