"""What the benchmark itself adds to the encoders and the recogniser, and what further systems add to a run.

A block of test utterances in noise, on one thread: the bare calls of Whisper's encoder, the recogniser and MiniLM on
the very waveforms; stage 2 of a run, which also reads, corrupts, measures, predicts and stores; and stage 2 with five
further systems on the same encoders.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bench.stages.evaluate import UnitWork, _evaluate_unit, _Job
from bench.stages.run import prepare
from bench.stages.speech import corrupt_utterance
from bench.stages.train import train
from bench.store.engine import worker_pool
from bench.store.progress import Stages
from bench.store.store import Store
from bench.suite.suite import Suite

pytestmark = pytest.mark.embedded

THREE = ["mfb", "whisper", "text"]
FIVE_MORE = ["text-oracle", "fusion", "student", "whisper-ridge", "fusion-ridge"]
SUITE = {
    "name": "speed",
    "corpus": {"probe": {"train": 48, "dev": 24, "test": 24}},
    "systems": [*THREE, *FIVE_MORE],
    "conditions": ["babble@5dB"],
    "training": {"fit": {"epochs": 2}},
}


@dataclass(frozen=True)
class Block:
    """A block of test utterances: how to evaluate it with some systems, and what its encoders are given."""

    evaluate: Callable[[list[str]], None]
    waveforms: list


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> Block:
    from bench.plan.corpus import load_corpus

    suite, store, stages = Suite.model_validate(SUITE), Store(tmp_path_factory.mktemp("store")), Stages()
    corpus = load_corpus(suite, stages)
    with worker_pool(1) as pool:
        plan, material = prepare(suite, corpus, pool, stages, "cpu")
        train(plan, material, store, pool, stages, "cpu")
    [unit] = plan.units
    work = UnitWork(unit, plan.transcribers, tuple(plan.transcribers), plan.predictors, record_missing=True, clean={})

    def evaluate(systems: list[str]) -> None:
        wanted = replace(work, predictors=tuple(one for one in plan.predictors if one.system in systems))
        assert _evaluate_unit(_Job(wanted, suite.catalog, material, suite.seed, corpus.name, "cpu", store)) is None

    waveforms = [
        corrupt_utterance(one, unit.condition, unit.draw, material, corpus=corpus.name, seed=suite.seed).audio
        for one in unit.utterances
    ]
    return Block(evaluate, waveforms)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.benchmark(group="24 utterances in noise")
def test_bare_calls_of_encoder_recogniser_and_text_encoder(benchmark, block: Block):
    from models.asr.catalog import TRANSCRIBERS
    from models.speech.catalog import SPEECH_ENCODERS
    from models.text.catalog import TEXT_ENCODERS
    from models.types import Pretrained

    encoder = SPEECH_ENCODERS["whisper"]("cpu", Pretrained("whisper-tiny.en"))
    transcriber = TRANSCRIBERS["faster-whisper"]("cpu", Pretrained("whisper-tiny.en"))
    reader = TEXT_ENCODERS["transformers"]("cpu", Pretrained("minilm"), None)

    def call():
        encoder(block.waveforms, [3])
        reader([transcript.text for transcript in transcriber(block.waveforms)])

    benchmark.pedantic(call, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="24 utterances in noise")
def test_stage_two_with_three_systems_and_three_seeds(benchmark, block: Block):
    benchmark.pedantic(block.evaluate, (THREE,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="24 utterances in noise")
def test_stage_two_with_five_further_systems(benchmark, block: Block):
    benchmark.pedantic(block.evaluate, ([*THREE, *FIVE_MORE],), rounds=5, warmup_rounds=1)
