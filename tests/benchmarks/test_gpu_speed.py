"""What audio costs on a GPU: HuBERT-large in our length-sorted batches, beside a plain loop of transformers.

Both compute the last layer in bfloat16 with an attention mask, as transformers documents it, of the same 400 clips of 1
to 15 s, most of them short. The loop pads 16 clips at a time in the order in which they come. Weights are random: they
make no difference to speed. The table's times are for all clips; its JSON has audio seconds per second beside them.
"""

import numpy as np
import pytest

from models.weights.torchaudio_cpu import import_torchaudio

import_torchaudio()
torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    pytest.mark.benchmark(group="HuBERT-large on a GPU, 400 clips"),
]

# facebook/hubert-large-ll60k: what of its config is not the default.
LARGE = {
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "feat_extract_norm": "layer",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
}
LOOP_BATCH = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from transformers import HubertConfig, HubertModel

    folder = tmp_path_factory.mktemp("hubert-large")
    with torch.random.fork_rng(devices=[]):
        HubertModel(HubertConfig(**LARGE)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    durations_s = np.clip(rng.lognormal(np.log(4), 0.6, 400), 1, 15)
    return [0.1 * rng.standard_normal(int(16_000 * duration_s), dtype=np.float32) for duration_s in durations_s]


def measure(benchmark, call, clips):
    benchmark.pedantic(call, rounds=3, warmup_rounds=1)
    benchmark.extra_info["audio seconds per second"] = sum(map(len, clips)) / 16_000 / benchmark.stats.stats.min


def test_ours_in_batches_of_one_length(benchmark, folder, clips):
    from models.speech.self_supervised import self_supervised
    from models.types import Pretrained

    encoder = self_supervised("cuda", Pretrained(str(folder)))
    measure(benchmark, lambda: encoder(clips, [encoder.n_layers]), clips)


def test_transformers_in_the_order_in_which_clips_come(benchmark, folder, clips):
    from transformers import HubertModel, Wav2Vec2FeatureExtractor

    extract = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    network = HubertModel.from_pretrained(folder, dtype=torch.bfloat16).eval().to("cuda")

    @torch.inference_mode()
    def encode():
        for start in range(0, len(clips), LOOP_BATCH):
            batch = extract(clips[start : start + LOOP_BATCH], sampling_rate=16_000, padding=True, return_tensors="pt")
            samples, mask = batch.input_values.to("cuda", torch.bfloat16), batch.attention_mask.to("cuda")
            network(samples, attention_mask=mask).last_hidden_state.float().cpu()

    measure(benchmark, encode, clips)
