import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corruptions import (
    CLEAN,
    LEVELS,
    Material,
    active_level_dbfs,
    check_material,
    corrupt,
    corrupt_audio,
    find_corruption,
    fingerprint,
    parse_condition,
    read_audio,
    read_noise_folder,
    rms_dbfs,
)
from corruptions.sound.inputs import file_sha256

from .every import EVERY_CORRUPTION, LEVELS_OF_UNIT, NOISES, SPEECH, run
from .signals import like_speech


@pytest.mark.parametrize("name", NOISES)
@given(
    seed=st.integers(0, 1000),
    duration_s=st.floats(0.05, 2),
    snr_db=st.floats(-15, 40),
    snr=st.sampled_from(sorted(LEVELS)),
)
def test_the_requested_snr_is_what_the_samples_and_the_record_say(
    name: str, material: Material, seed: int, duration_s: float, snr_db: float, snr: str
) -> None:
    speech = like_speech(seed, duration_s)
    material = replace(material, snr=snr)
    result = run(name, snr_db, material, key=seed, speech=speech)
    added = rms_dbfs(result.audio.astype(np.float64) - speech)
    assert LEVELS[snr](speech) - added == pytest.approx(snr_db, abs=0.01)
    record = result.record
    assert record.snr_active_db == pytest.approx(active_level_dbfs(speech) - added, abs=1e-6)
    assert record.snr_rms_db == pytest.approx(rms_dbfs(speech) - added, abs=1e-6)
    assert record.snr_requested_db == snr_db
    assert record.noise_dbfs == pytest.approx(added, abs=1e-6)


@pytest.mark.parametrize("name", NOISES)
def test_the_noise_is_the_same_at_every_snr_but_for_its_gain(name: str, material: Material) -> None:
    results = {snr_db: run(name, snr_db, material) for snr_db in (20.0, 0.0, -10.0)}
    loudest = results[-10.0].audio.astype(np.float64) - SPEECH
    for snr_db, result in results.items():
        gain_db = result.record.noise_gain_db - results[-10.0].record.noise_gain_db
        assert gain_db == pytest.approx(-10 - snr_db)
        np.testing.assert_allclose(result.audio - SPEECH, loudest * 10 ** (gain_db / 20), rtol=0, atol=2e-7)
        for field in ("noise_source", "noise_sha256", "noise_offset"):
            assert getattr(result.record, field) == getattr(results[-10.0].record, field)


def test_clean_is_the_speech_bit_for_bit(material: Material) -> None:
    result = corrupt(SPEECH, CLEAN, np.random.default_rng(0), material)
    assert result.audio.tobytes() == SPEECH.tobytes()
    assert result.record.noise_source is None
    assert result.record.snr_active_db is None


def test_the_order_of_utterances_does_not_matter(material: Material) -> None:
    levels = {name: LEVELS_OF_UNIT[find_corruption(name, material).level_unit][-1] for name in EVERY_CORRUPTION}
    jobs = [(name, key) for name in EVERY_CORRUPTION for key in range(3)]
    forwards = {job: run(job[0], levels[job[0]], material, key=job[1]).audio.tobytes() for job in jobs}
    backwards = {job: run(job[0], levels[job[0]], material, key=job[1]).audio.tobytes() for job in reversed(jobs)}
    assert forwards == backwards


def _bytes(job: tuple[str, float | None, Material]) -> bytes:
    return run(*job).audio.tobytes()


def test_another_process_makes_the_same_bytes(material: Material) -> None:
    jobs = [
        (name, LEVELS_OF_UNIT[find_corruption(name, material).level_unit][-1], material) for name in EVERY_CORRUPTION
    ]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for (name, *_), elsewhere, here in zip(jobs, pool.map(_bytes, jobs), map(_bytes, jobs), strict=True):
            assert elsewhere == here, name


def test_the_noise_floor_does_not_follow_the_loudness_of_the_speech(material: Material) -> None:
    floor = replace(material, reference_dbfs=-30.0)
    for gain in (1.0, 0.1, 0.01):
        record = run("white", 5.0, floor, speech=SPEECH * np.float32(gain)).record
        assert record.noise_dbfs == pytest.approx(-35.0, abs=0.01)
        assert record.snr_requested_db == 5.0
        assert record.snr_active_db == pytest.approx(record.speech_active_dbfs + 35.0, abs=0.01)


def test_the_record_finds_the_excerpt_again(noise_folder: Path, material: Material) -> None:
    seen = set()
    for key in range(20):
        record = run("street", 5.0, material, key=key).record
        recording = read_audio(noise_folder / record.noise_source)
        if len(recording) < len(SPEECH):
            continue
        excerpt = recording[record.noise_offset :][: len(SPEECH)].astype(np.float64)
        excerpt = (excerpt - excerpt.mean()) * 10 ** (record.noise_gain_db / 20)
        np.testing.assert_allclose(run("street", 5.0, material, key=key).audio - SPEECH, excerpt, rtol=0, atol=1e-6)
        seen.add(record.noise_source)
    assert len(seen) >= 3


@pytest.mark.parametrize(
    ("speech", "message"),
    [
        (np.zeros(1000, np.float32), "speech: .*silent"),
        (np.zeros(0, np.float32), "speech: .*not empty"),
        (np.full(1000, np.nan, np.float32), "speech: .*not finite"),
        (np.ones((1000, 2), np.float32), r"speech: .*shape \(1000, 2\)"),
        (np.ones(1000), r"dtype float64; .*\.astype\(np\.float32\)"),
        (np.ones(1000, np.int16), "dtype int16; .*divide 16-bit numbers by 32768"),
        ([0.5] * 1000, r"speech is of type list; .*np\.asarray"),
        (torch.ones(1000), r"speech is of type Tensor; .*\.cpu\(\)\.numpy\(\)"),
    ],
)
@pytest.mark.parametrize("condition", ["clean", "white@5dB"])
def test_what_is_not_speech_is_an_error(speech, message: str, condition: str) -> None:
    for call in (corrupt, corrupt_audio):
        with pytest.raises(ValueError, match=message):
            call(speech, parse_condition(condition), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("thunder@5dB", "no corruption is called 'thunder'; there are white, pink"),
        ("speech-shaped@5dB", "needs Material.spectrum"),
        ("babble@5dB", "babble needs 6 talkers besides 's0'; the training split has 0"),
        ("white@5dB+pink@5dB", "holds one noise"),
    ],
)
def test_what_cannot_be_done_is_said(condition: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        corrupt(SPEECH, parse_condition(condition), np.random.default_rng(0), speaker="s0")


def test_what_will_be_missing_is_said_before_anything_is_corrupted(material: Material) -> None:
    conditions = [parse_condition(text) for text in ("clean", "street@5dB", "speech-shaped@5dB", "babble@5dB")]
    check_material(material, conditions, speakers=[*material.talkers, "a stranger"])
    six = replace(material, talkers={name: material.talkers[name] for name in sorted(material.talkers)[:6]})
    check_material(six, conditions, speakers=["a stranger"])
    with pytest.raises(ValueError, match="babble@5dB: babble needs 6 talkers besides 's0'; the training split has 5"):
        check_material(six, conditions, speakers=["a stranger", "s0"])
    with pytest.raises(ValueError, match="speech-shaped@5dB: .* needs Material.spectrum"):
        check_material(replace(material, spectrum=None), conditions, speakers=["a stranger"])
    with pytest.raises(ValueError, match=r"white@5dB\+street@0dB: a condition holds one noise"):
        check_material(material, [parse_condition("white@5dB+street@0dB")], speakers=[])
    with pytest.raises(ValueError, match="white@5dB-dry: .* needs a room right before the noise"):
        check_material(material, [parse_condition("white@5dB-dry")], speakers=[])
    with pytest.raises(ValueError, match="white: white needs a level in dB"):
        check_material(material, [parse_condition("white")], speakers=[])
    with pytest.raises(ValueError, match="street@5dB: no corruption is called 'street'"):
        check_material(replace(material, recordings={}), conditions, speakers=["a stranger"])


def test_own_noise_under_a_built_in_name_is_an_error(material: Material) -> None:
    street = material.recordings["street"]
    with pytest.raises(ValueError, match="'white' names more than one"):
        check_material(replace(material, recordings={"white": street}), [parse_condition("white@5dB")], speakers=[])


def test_a_fingerprint_changes_with_what_the_condition_uses_and_with_nothing_else(material: Material) -> None:
    other_noise = next(iter(material.recordings.values()))
    other_noise = replace(other_noise, recordings=other_noise.recordings[:-1])
    changes = {
        "snr": replace(material, snr="rms"),
        "reference": replace(material, reference_dbfs=-30.0),
        "talkers": replace(material, talkers={name: paths[:-1] for name, paths in material.talkers.items()}),
        "spectrum": replace(material, spectrum=replace(material.spectrum, power=material.spectrum.power[::-1])),
        "recordings": replace(material, recordings={"street": other_noise}),
    }
    for condition, uses in {
        "clean": set(),
        "white@5dB": {"snr", "reference"},
        "babble@5dB": {"snr", "reference", "talkers"},
        "speech-shaped@5dB": {"snr", "reference", "spectrum"},
        "street@5dB": {"snr", "reference", "recordings"},
    }.items():
        parsed = parse_condition(condition)
        before = fingerprint(material, parsed)
        assert before == fingerprint(material, parsed)
        changed = {name for name, changed in changes.items() if fingerprint(changed, parsed) != before}
        assert changed == uses, condition


def test_importing_corruptions_imports_nothing_heavy() -> None:
    code = (
        "import sys, corruptions; print([m for m in ('torch', 'pandas', 'matplotlib', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.real_data
def test_the_snr_is_exact_on_real_speech_in_real_noise(real_data: Path) -> None:
    material = Material(recordings={"street": read_noise_folder(real_data / "noise" / "recordings")})
    paths = sorted(real_data.glob("ravdess/Actor_*/*.flac"))[::12]
    for key, path in enumerate(paths):
        speech = read_audio(path)
        for snr_db in (20.0, 0.0, -10.0):
            result = run("street", snr_db, material, key=key, speech=speech)
            added = rms_dbfs(result.audio.astype(np.float64) - speech)
            assert active_level_dbfs(speech) - added == pytest.approx(snr_db, abs=0.01), path


def test_talkers_may_be_paths(material: Material) -> None:
    paths = {name: tuple(clip.path for clip in clips) for name, clips in material.talkers.items()}
    assert replace(material, talkers=paths) == material
    assert fingerprint(replace(material, talkers=paths), parse_condition("babble@5dB")) == fingerprint(
        material, parse_condition("babble@5dB")
    )


def test_a_digest_that_is_known_changes_no_fingerprint(material: Material) -> None:
    babble = parse_condition("babble@5dB")
    known = {
        name: tuple(replace(clip, sha256=file_sha256(clip.path)) for clip in clips)
        for name, clips in material.talkers.items()
    }
    assert fingerprint(replace(material, talkers=known), babble) == fingerprint(material, babble)
