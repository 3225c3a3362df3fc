import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.types import SAMPLE_RATE
from models.weights import whisper_input
from models.weights.whisper_input import encode_pieces, frame_count, log_mel, pieces, window_s

lengths = st.integers(1, 130 * SAMPLE_RATE)


@given(n_samples=lengths)
def test_pieces_are_the_waveform_cut_at_whole_frames(n_samples):
    waveform = np.arange(n_samples, dtype=np.float32)
    cut = list(pieces(waveform))
    np.testing.assert_array_equal(np.concatenate(cut), waveform)
    assert sum(frame_count(len(piece)) for piece in cut) == frame_count(n_samples)


@given(n_samples=lengths)
def test_every_piece_fits_into_its_window_and_there_are_no_more_than_needed(n_samples):
    cut = list(pieces(np.zeros(n_samples, np.float32)))
    assert all(len(piece) <= window_s(len(piece)) * SAMPLE_RATE for piece in cut)
    assert len(cut) == -(-n_samples // (30 * SAMPLE_RATE))


def test_a_long_clip_leaves_no_short_remnant():
    assert [len(piece) for piece in pieces(np.zeros(30 * SAMPLE_RATE + 1, np.float32))] == [240_320, 239_681]


def test_short_clips_get_the_short_window():
    assert [window_s(seconds * SAMPLE_RATE) for seconds in (1, 12, 13, 30)] == [15, 15, 30, 30]
    with pytest.raises(ValueError, match="480001 samples do not fit"):
        window_s(30 * SAMPLE_RATE + 1)


@pytest.mark.parametrize(("duration_s", "n_frames"), [(0.01, 1500), (12, 1500), (20, 3000), (30, 3000)])
def test_features_fill_the_window(duration_s, n_frames):
    features = log_mel(np.full(round(duration_s * SAMPLE_RATE), 0.1, np.float32))
    assert features.shape == (80, n_frames)
    assert features.dtype == np.float32


def test_features_are_those_of_faster_whisper():
    from faster_whisper.feature_extractor import FeatureExtractor

    waveform = (0.1 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)).astype(np.float32)
    padded = np.pad(waveform, (0, 13 * SAMPLE_RATE))
    np.testing.assert_allclose(log_mel(waveform), FeatureExtractor()(padded, padding=0), atol=1e-4)


def test_features_of_128_bands_and_of_the_long_window():
    assert log_mel(np.ones(400, np.float32), n_mels=128, padded_s=30).shape == (128, 3000)


@settings(max_examples=10)
@given(durations_s=st.lists(st.sampled_from([0.001, 1, 14, 31, 62]), max_size=4), batch_s=st.sampled_from([0, 45, 480]))
def test_batches_are_of_equal_windows_and_every_frame_comes_back_to_its_clip(durations_s, batch_s):
    sizes = []

    def first_and_second_band(mel):
        sizes.append(tuple(mel.shape))
        return [mel[:, band, ::2, None] for band in (0, 1)]

    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(round(seconds * SAMPLE_RATE)).astype(np.float32) for seconds in durations_s]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(whisper_input.BATCH_S, "cpu", batch_s)
        encoded = encode_pieces(clips, first_and_second_band, "cpu", n_mels=80)
    for clip, layers in zip(clips, encoded, strict=True):
        for band, layer in enumerate(layers):
            expected = [log_mel(piece)[band, ::2, None][: frame_count(len(piece))] for piece in pieces(clip)]
            np.testing.assert_array_equal(layer, np.concatenate(expected), strict=True)
    assert all(batch == 1 or batch * n_frames // 100 <= batch_s for batch, _, n_frames in sizes)
