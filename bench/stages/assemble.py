"""From shards to the tables of a run's folder."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.plan.plan import Plan, Unit
from bench.plan.planning import draws_of
from bench.scores.grid import Grid
from bench.scores.texts import known_texts
from bench.stages.described import described, grid_conditions
from bench.stages.recipe import Recipe, make_recipe, source_of
from bench.store.keys import Key
from bench.store.store import Store
from corruptions import CLEAN, Condition, Material
from corruptions.sound.public import Split


def predictions_table(plan: Plan, material: Material, store: Store) -> pd.DataFrame:
    """Return ``predictions.parquet``: a row for every system, seed, utterance, condition, draw and dimension."""
    return _predictions(plan, material, store, plan.units, "test")


def dev_predictions_table(plan: Plan, material: Material, store: Store) -> pd.DataFrame:
    """Return ``dev_predictions.parquet``: the same of clean development speech."""
    return _predictions(plan, material, store, plan.dev_units, "dev")


def _predictions(plan: Plan, material: Material, store: Store, units: Sequence[Unit], split: Split) -> pd.DataFrame:
    low, high = plan.corpus.scale
    tables = []
    for predictor in plan.predictors:
        wide = store.tables("predictions", [unit.shard(predictor.key) for unit in units])
        long = wide.melt(
            ["utterance", "condition", "draw", "seed"], list(DIMENSIONS), var_name="dimension", value_name="prediction"
        )
        long["prediction"] = low + (high - low) * long["prediction"]
        tables.append(long.assign(system=predictor.system))
    truth = pd.DataFrame(
        [(one.id, name, getattr(one, name)) for one in plan.corpus.split(split) for name in DIMENSIONS],
        columns=["utterance", "dimension", "truth"],
    )
    table = pd.concat(tables, ignore_index=True).merge(truth, on=["utterance", "dimension"], validate="many_to_one")
    return _with_conditions(plan, material, table, split)


def transcripts_table(plan: Plan, material: Material, store: Store) -> pd.DataFrame:
    """Return ``transcripts.parquet``: what each transcriber wrote for every utterance, condition and draw."""
    models = plan.suite.catalog.models
    tables = [
        store.tables("transcripts", [unit.shard(key) for unit in plan.units]).assign(
            transcriber=name, language=models[name].spoken_language
        )
        for name, key in plan.transcribers.items()
    ]
    if not tables:
        return pd.DataFrame()
    references = {one.id: one.transcript for one in plan.corpus.split("test")}
    table = pd.concat(tables, ignore_index=True)
    return _with_conditions(plan, material, table.assign(reference=table["utterance"].map(references)))


def drift_table(plan: Plan, material: Material, store: Store) -> pd.DataFrame:
    """Return ``drift.parquet``: of every embedding, utterance, condition and draw, the cosine to clean speech."""
    tables = [_cosines(plan, key, store).assign(representation=name) for name, key in plan.embeddings.items()]
    return _with_conditions(plan, material, pd.concat(tables, ignore_index=True)) if tables else pd.DataFrame()


def _cosines(plan: Plan, key: Key, store: Store) -> pd.DataFrame:
    if plan.clean_units:
        return store.tables("drift", [unit.drift(key) for unit in plan.units])
    rows = [(one.id, str(unit.condition), unit.draw, np.nan) for unit in plan.units for one in unit.utterances]
    return pd.DataFrame(rows, columns=["utterance", "condition", "draw", "cosine"])


def corruptions_table(plan: Plan, material: Material, store: Store) -> pd.DataFrame:
    """Return ``corruptions.parquet``: what exactly was done to every utterance, so that it can be done again."""
    table = _with_conditions(plan, material, store.tables("corruptions", [unit.key for unit in plan.units]))
    sources = {one.id: source_of(one.clip) for one in plan.corpus.split("test")}
    about = pd.DataFrame.from_dict(sources, orient="index")
    return table.rename(columns={"utterance": "id"}).merge(
        about, "left", left_on="id", right_index=True, validate="many_to_one"
    )


def plan_recipe(plan: Plan, material: Material) -> Recipe:
    """Return what, with that table, makes the same speech again."""
    return make_recipe(plan.suite.seed, plan.corpus, material, plan.suite.expanded())


def plan_grid(plan: Plan, material: Material) -> Grid:
    """Return what the tables must hold, as the suite says, so that what was never computed is missed."""
    return _grid(plan, material, plan.suite.expanded(), plan.units)


def plan_dev_grid(plan: Plan, material: Material) -> Grid:
    """Return what predictions of clean development speech must hold."""
    return _grid(plan, material, [CLEAN], plan.dev_units)


def _grid(plan: Plan, material: Material, conditions: Sequence[Condition], units: Sequence[Unit]) -> Grid:
    return Grid(
        systems={one.system: tuple(one.seeds) for one in plan.predictors},
        conditions=grid_conditions(conditions, material, lambda one: draws_of(one, material, plan.suite.draws)),
        utterances=tuple(sorted({one.id for unit in units for one in unit.utterances})),
        texts=known_texts({one.id: one.transcript for unit in units for one in unit.utterances}),
    )


def _with_conditions(plan: Plan, material: Material, table: pd.DataFrame, split: Split = "test") -> pd.DataFrame:
    """Return the table with what is known of its conditions and speakers, in an order that shards do not change."""
    conditions = [described(one, material) for one in dict.fromkeys([CLEAN, *plan.suite.expanded()])]
    types = {"condition": "str", "corruption": "str", "level": "float64", "level_unit": "str"}
    about = pd.DataFrame({name: pd.Series([one[name] for one in conditions], dtype=of) for name, of in types.items()})
    speakers = {one.id: one.speaker for one in plan.corpus.split(split)}
    whole = table.merge(about, on="condition", validate="many_to_one").assign(
        suite=plan.suite.name,
        corpus=plan.corpus.name,
        split=split,
        speaker=lambda rows: rows["utterance"].map(speakers),
    )
    order = ["system", "transcriber", "representation", "seed", "corruption", "level", "draw", "utterance", "dimension"]
    by = [column for column in order if column in whole]
    return whole.sort_values(by, kind="stable", na_position="first", ignore_index=True)
