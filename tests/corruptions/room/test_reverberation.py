from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from corruptions import (
    AudioError,
    Corrupted,
    Material,
    Waveform,
    active_level_dbfs,
    check_material,
    corrupt,
    fingerprint,
    parse_condition,
    read_audio,
    rms_dbfs,
)
from corruptions.room import responses
from corruptions.room.responses import Response, measure_response, read_responses
from corruptions.room.reverberation import _spectrum, convolve
from corruptions.sound.audio import read_channel, write_response
from corruptions.sound.inputs import file_sha256

from ..signals import decaying, like_speech


def stored(path: Path, audio: Waveform) -> Response:
    """Return a response after writing it."""
    write_response(path, audio.astype(np.float32))
    return Response(path, path.name, file_sha256(path), 0, len(audio), measure_response(audio))


def in_room(speech: Waveform, response: Response, condition: str = "lounge", seed: int = 0) -> Corrupted:
    material = Material(responses={"lounge": (response,)})
    return corrupt(speech, parse_condition(condition), np.random.default_rng(seed), material)


def lag(one: Waveform, other: Waveform) -> int:
    """Return by how many samples ``other`` comes later: where their correlation is largest, every frequency alike.

    Without whitening it would be largest where reflections happen to be in phase with the low notes of the voice.
    """
    size = 2 * len(one)
    cross = np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size))
    correlation = np.fft.irfft(cross / (np.abs(cross) + 1e-12 * np.abs(cross).max()), size)
    peak = int(np.argmax(np.abs(correlation)))
    return peak if peak < len(one) else peak - size


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("responses")


@pytest.fixture(scope="module")
def room(folder: Path) -> Response:
    return stored(folder / "room.wav", np.append(np.zeros(700), decaying(0.5)))


@given(
    n_samples=st.integers(1, 60_000),
    n_taps=st.integers(1, 20_000),
    delay=st.integers(0, 3000),
    seed=st.integers(0, 3),
)
def test_the_convolution_is_that_of_scipy(folder: Path, n_samples: int, n_taps: int, delay: int, seed: int):
    rng = np.random.default_rng(seed)
    decay = rng.standard_normal(n_taps) * np.exp(-np.arange(n_taps) / 3000)
    decay[0] = 20.0
    response = stored(folder / "drawn.wav", np.append(np.zeros(delay), decay).astype(np.float32))
    assert response.acoustics.direct == delay
    audio = rng.standard_normal(n_samples, dtype=np.float32)
    taps = read_channel(response.path, 0).astype(np.float64)
    literal = signal.fftconvolve(audio.astype(np.float64), taps)
    literal = literal[delay : delay + n_samples]
    convolved = convolve(audio, response)
    assert (convolved.shape, convolved.dtype) == (audio.shape, np.float32)
    assert np.abs(convolved - literal).max() <= 1e-6 * np.abs(literal).max()


def test_what_lies_long_before_the_direct_sound_is_left_out(folder: Path):
    audio = decaying(0.3)
    noisy = np.append(np.full(5000, 1e-3, np.float32), audio)
    speech = like_speech(1)
    clean, other = (convolve(speech, stored(folder / f"{len(one)}.wav", one)) for one in (audio, noisy))
    assert np.abs(clean - other).max() < 40 * 2e-3 * np.abs(speech).max()


def test_the_result_does_not_depend_on_what_was_kept(room: Response, folder: Path):
    speech = like_speech(1)
    first = in_room(speech, room).audio
    kept = in_room(speech, room).audio
    _spectrum.cache_clear()
    in_room(like_speech(2, 0.7), stored(folder / "another.wav", decaying(0.2)))
    assert first.tobytes() == kept.tobytes() == in_room(speech, room).audio.tobytes()


def test_what_is_kept_does_not_grow_with_the_number_of_responses(folder: Path):
    speech = like_speech(1, 0.2)
    for seed in range(_spectrum.cache_info().maxsize + 20):
        convolve(speech, stored(folder / f"many-{seed}.wav", decaying(0.05, seed)))
    assert _spectrum.cache_info().currsize == _spectrum.cache_info().maxsize


def test_a_response_that_has_changed_or_gone_is_an_error(tmp_path: Path):
    response = stored(tmp_path / "room.wav", decaying(0.3))
    stored(response.path, decaying(0.4))
    with pytest.raises(AudioError, match=r"room\.wav: changed since it was listed: run again"):
        in_room(like_speech(1), response)
    response.path.unlink()
    with pytest.raises(AudioError, match=r"room\.wav: no such file"):
        in_room(like_speech(1), response)


def test_the_digest_of_a_response_is_that_of_what_was_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stored(tmp_path / "room.wav", decaying(0.3))
    read = responses.read_channels
    monkeypatch.setattr(responses, "read_channels", lambda path: (read(path), stored(path, decaying(0.4)))[0])
    with pytest.raises(AudioError, match=r"room\.wav: changed while it was read: run again"):
        responses.read_responses(tmp_path)


@given(delay=st.integers(0, 4000), seed=st.integers(0, 9))
@settings(max_examples=15)
def test_speech_stays_where_it_was(folder: Path, delay: int, seed: int):
    speech = like_speech(seed)
    response = stored(folder / "delayed.wav", np.append(np.zeros(delay), decaying(0.4, seed)))
    assert lag(speech, in_room(speech, response).audio) == 0


@pytest.mark.real_data
def test_a_measured_response_that_starts_late_does_not_move_speech(real_data: Path):
    (response,) = [one for one in read_responses(real_data / "rir") if one.name == "rir1.wav"]
    for path in sorted((real_data / "asr").glob("*.wav"))[:4]:
        speech = read_audio(path)
        assert lag(speech, in_room(speech, response).audio) == 0
        late = signal.fftconvolve(speech, read_channel(response.path, 0))[: len(speech)]
        assert lag(speech, late) > 2000


@given(seed=st.integers(0, 9), peak_db=st.floats(-60, 0), rt60_s=st.sampled_from([0.2, 0.5, 1.0]), k=st.integers(0, 2))
def test_the_active_level_is_that_of_the_dry_speech(
    rooms: dict[float, tuple[Response, ...]], seed: int, peak_db: float, rt60_s: float, k: int
):
    speech = like_speech(seed, peak=10 ** (peak_db / 20))
    out = in_room(speech, rooms[rt60_s][k])
    assert active_level_dbfs(out.audio) == pytest.approx(active_level_dbfs(speech), abs=0.05)
    assert out.record.speech_active_dbfs == pytest.approx(active_level_dbfs(out.audio), abs=1e-6)
    assert out.record.speech_rms_dbfs == pytest.approx(rms_dbfs(out.audio), abs=1e-6)


@pytest.mark.real_data
def test_the_active_level_of_real_speech_is_kept_in_real_rooms(real_data: Path):
    for response in read_responses(real_data / "rir"):
        for path in sorted((real_data / "ravdess").rglob("*.flac"))[::90]:
            speech = read_audio(path)
            heard = in_room(speech, response).audio
            assert active_level_dbfs(heard) == pytest.approx(active_level_dbfs(speech), abs=0.05)


def test_a_room_without_walls_changes_nothing(tmp_path: Path):
    speech = like_speech(1)
    out = in_room(speech, stored(tmp_path / "meadow.wav", np.array([0, 0, 0.25], np.float32)))
    assert np.abs(out.audio - speech).max() < 1e-6
    assert out.record.room_gain_db == pytest.approx(20 * np.log10(4), abs=0.02)
    assert out.record.direct_active_dbfs == pytest.approx(active_level_dbfs(speech), abs=0.02)
    assert (out.record.room_rt60_s, out.record.room_drr_db, out.record.room_c50_db) == (None, None, None)


def test_the_record_says_which_room_it_was(room: Response):
    record = in_room(like_speech(1), room).record
    assert (record.room_source, record.room_sha256) == ("room.wav", room.sha256)
    assert (record.room_rt60_s, record.room_drr_db, record.room_c50_db) == (
        room.acoustics.rt60_s,
        room.acoustics.drr_db,
        room.acoustics.c50_db,
    )


def test_an_snr_over_dry_speech_refers_to_the_direct_sound(room: Response, folder: Path):
    # White, so that energies add up as the record says.
    speech = (0.1 * np.random.default_rng(0).standard_normal(32_000)).astype(np.float32)
    out = in_room(speech, room, "lounge+white@5dB-dry")
    direct_part = read_audio(room.path).copy()
    direct_part[room.acoustics.direct + 41 :] = 0
    direct = convolve(speech, stored(folder / "direct.wav", direct_part)) * 10 ** (out.record.room_gain_db / 20)
    assert active_level_dbfs(direct) - rms_dbfs(out.mixture.noise) == pytest.approx(5, abs=0.2)
    assert out.record.direct_active_dbfs - out.record.noise_dbfs == pytest.approx(5, abs=0.01)
    heard = in_room(speech, room, "lounge+white@5dB")
    assert heard.record.speech_active_dbfs - heard.record.noise_dbfs == pytest.approx(5, abs=0.01)
    assert heard.record.noise_dbfs - out.record.noise_dbfs == pytest.approx(-_direct_share_db(heard), abs=0.02)


def _direct_share_db(out: Corrupted) -> float:
    return out.record.direct_active_dbfs - out.record.speech_active_dbfs


def test_a_room_acts_on_noise_that_is_there_already_and_the_record_keeps_its_levels(room: Response):
    speech = like_speech(1)
    dry, wet = (in_room(speech, room, one) for one in ("white@5dB", "white@5dB+lounge"))
    assert active_level_dbfs(wet.audio) == pytest.approx(active_level_dbfs(dry.audio), abs=0.05)
    assert lag(dry.audio, wet.audio) == 0
    of_a_room = {name for name in vars(wet.record) if name.startswith("room_")}
    same = replace(wet.record, peak=dry.record.peak, **dict.fromkeys(of_a_room))
    assert same == dry.record
    assert wet.record.room_gain_db is not None
    assert wet.record.direct_active_dbfs is None


def test_silence_stays_silence_in_a_room(room: Response):
    speech = like_speech(1)
    out = in_room(speech, room, "silence+lounge")
    assert not out.audio.any()
    assert (out.record.room_source, out.record.room_gain_db) == ("room.wav", None)
    with pytest.raises(ValueError, match="an SNR over dry speech needs a room right before the noise"):
        in_room(speech, room, "silence+lounge+white@5dB-dry")


def test_two_rooms_are_one_too_many(room: Response):
    twice = parse_condition("lounge+lounge")
    with pytest.raises(ValueError, match="a condition holds one room"):
        check_material(Material(responses={"lounge": (room,)}), [twice], [])
    with pytest.raises(ValueError, match="a condition holds one room"):
        in_room(like_speech(1), room, "lounge+lounge")


def test_an_utterance_is_in_the_same_room_at_every_reverberation_time(material: Material):
    speech, drawn = like_speech(1), set()
    for seed in range(12):
        at = partial(corrupt, speech, material=material)
        records = [at(parse_condition(f"reverb@{t:g}s"), np.random.default_rng(seed)).record for t in material.rooms]
        places = {Path(record.room_source).name for record in records}
        assert len(places) == 1
        assert [record.room_drr_db for record in records] == sorted((r.room_drr_db for r in records), reverse=True)
        drawn |= places
    assert len(drawn) == 3


def test_a_reverberation_time_that_was_not_built_is_an_error_before_the_work(material: Material):
    with pytest.raises(ValueError, match=r"reverb@0\.3s: .*0\.3 s.*there are rooms of 0\.2 s, 0\.5 s, 1 s"):
        check_material(material, [parse_condition("reverb@0.3s")], ["s0"])
    with pytest.raises(ValueError, match="build_rooms"):
        check_material(Material(), [parse_condition("reverb@0.3s")], ["s0"])
    check_material(material, [parse_condition("reverb@0.5s")], ["s0"])


def test_the_fingerprint_knows_the_responses_that_are_used_and_no_others(material: Material, room: Response):
    at_half = parse_condition("reverb@0.5s")
    fewer = replace(material, rooms={**material.rooms, 0.5: material.rooms[0.5][1:]})
    other_times = replace(material, rooms={0.5: material.rooms[0.5]}, responses={})
    assert fingerprint(material, at_half) != fingerprint(fewer, at_half)
    assert fingerprint(material, at_half) == fingerprint(other_times, at_half)
    measured = parse_condition("lounge")
    one, two = (Material(responses={"lounge": responses}) for responses in ((room,), (room, room)))
    assert fingerprint(one, measured) != fingerprint(two, measured)
    right_channel = Material(responses={"lounge": (replace(room, channel=1),)})
    assert fingerprint(one, measured) != fingerprint(right_channel, measured)


def test_any_rate_and_any_channel_is_heard_as_it_is(tmp_path: Path):
    left, right = np.append(np.zeros(480), decaying(0.3)), decaying(0.2, duration_s=0.36)
    soundfile.write(tmp_path / "two.wav", np.stack([left, np.append(right, np.zeros(480))], 1), 48_000, subtype="FLOAT")
    speech = like_speech(3)
    for response in read_responses(tmp_path):
        alone = stored(tmp_path / f"{response.channel}.wav", read_channel(response.path, response.channel))
        assert in_room(speech, response).audio.tobytes() == in_room(speech, alone).audio.tobytes()
