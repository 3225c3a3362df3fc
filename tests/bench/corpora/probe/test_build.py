import csv
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.corpora.probe.build import DESIGN, MANIFEST
from bench.corpora.probe.corpus import ProbeSpec, best_possible_ccc, build_probe, read_probe
from bench.corpora.probe.plan import plan
from bench.corpora.probe.voice import Voice, load_voice, speak
from corruptions.sound.public import SPLITS

SMALL = ProbeSpec(train=4, dev=1, test=1)
TEXT = "The garden was lovely and my brother felt proud this year."
PLAIN = Voice(
    pitch_semitones=4.0, log_range=0.0, log_rate=0.0, level_db=-30.0, tilt_db_per_octave=0.0, log_formants=0.0
)

# What a user's shell would run; it is killed while it runs.
BUILD = """
import sys
from pathlib import Path
from bench.corpora.probe.corpus import ProbeSpec, build_probe
build_probe(ProbeSpec(train=4, dev=1, test=1), Path(sys.argv[1]), workers=2)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small corpus, built by this process."""
    return build_probe(SMALL, tmp_path_factory.mktemp("one"), workers=1)


@pytest.fixture(scope="module")
def piper():
    return load_voice()


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file that counts: a hidden one is what a killed process left behind."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_build_that_is_killed_leaves_nothing_half_done_and_goes_on_where_it_was(built, tmp_path):
    # The workers hold the other end of the pipe: `communicate` comes back only when they have gone with their parent.
    build = subprocess.Popen([sys.executable, "-c", BUILD, tmp_path], stdout=subprocess.PIPE)
    while not (spoken := list(tmp_path.rglob("[a-z]*.wav"))) and build.poll() is None:
        time.sleep(0.02)
    build.kill()
    build.communicate()
    folder = tmp_path / "probe" / built.name
    with pytest.raises(FileNotFoundError, match="no finished probe corpus"):
        read_probe(folder)
    written = {path: path.stat().st_mtime_ns for path in spoken}
    calls: list[int] = []
    assert build_probe(SMALL, tmp_path, workers=1, progress=calls.append) == folder
    assert {path: path.stat().st_mtime_ns for path in spoken} == written
    assert sum(calls) == 6
    assert calls[0] >= len(spoken)
    # One process, or two that were killed: the same bits.
    assert contents(folder) == contents(built)


def test_only_what_is_missing_is_spoken_again(built):
    before = contents(built)
    (built / "audio/dev-0000.wav").unlink()
    calls: list[int] = []
    build_probe(SMALL, built.parent.parent, workers=1, progress=calls.append)
    assert calls == [5, 1]
    assert contents(built) == before


def test_another_specification_has_another_folder(built, tmp_path):
    other = build_probe(replace(SMALL, seed=1, train=1), tmp_path, workers=1)
    assert other.name != built.name


def test_a_corpus_reads_as_it_was_planned(built):
    corpus = read_probe(built)
    planned = {utterance.id: utterance for utterance in plan(SMALL)}
    assert [utterance.id for utterance in corpus.utterances] == sorted(planned)
    for utterance in corpus.utterances:
        expected = planned[utterance.id]
        assert (utterance.activation, utterance.valence, utterance.dominance) == expected.labels
        assert (utterance.split, utterance.speaker) == (expected.split, expected.speaker)
        assert utterance.transcript == expected.sentence.text
        assert utterance.emotion == expected.emotion
        assert utterance.path.is_file()
    assert {utterance.split for utterance in corpus.utterances} == set(SPLITS)


def test_the_sound_is_16_khz_mono_at_its_planned_level_and_never_clipped(built):
    with (built / DESIGN).open(newline="") as file:
        level = {row["id"]: float(row["level_db"]) for row in csv.DictReader(file)}
    for utterance in read_probe(built).utterances:
        info = soundfile.info(utterance.path)
        sound, rate = soundfile.read(utterance.path)
        assert (rate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        assert 2 <= len(sound) / rate <= 5
        assert np.abs(sound).max() < 1
        assert 10 * np.log10(np.mean(sound**2)) == pytest.approx(level[utterance.id], abs=0.05)


def test_the_manifest_is_one_that_any_corpus_could_have(built):
    with (built / MANIFEST).open(newline="") as file:
        columns = next(csv.reader(file))
    assert columns == ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript", "emotion"]


def test_tables_of_another_version_are_brought_up_to_date_and_nothing_is_spoken_again(built):
    before = contents(built)
    written = {path: path.stat().st_mtime_ns for path in built.rglob("*.wav")}
    rows = [line.rsplit(",", 1)[0] for line in (built / MANIFEST).read_text().splitlines()]
    (built / MANIFEST).write_text("\n".join(rows))
    build_probe(SMALL, built.parent.parent, workers=1)
    assert contents(built) == before
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*.wav")} == written


def test_the_ceiling_of_one_utterance_is_undefined(built):
    with pytest.raises(ValueError, match="2 or more"):
        best_possible_ccc(built, "test")


def test_a_sentence_sounds_the_same_whatever_was_spoken_before(piper):
    first = speak(piper, TEXT, PLAIN)
    speak(piper, "Something else.", PLAIN)
    np.testing.assert_array_equal(speak(piper, TEXT, PLAIN), first)


def test_the_voice_does_what_its_parameters_say(piper):
    import parselmouth

    def semitones(sound):
        pitch = parselmouth.Sound(sound.astype(float), 16_000).to_pitch(pitch_floor=60, pitch_ceiling=350)
        voiced = pitch.selected_array["frequency"]
        return 12 * np.log2(voiced[voiced > 0] / 80)

    def slope_db(sound):
        power, frequency = np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / 16_000)
        return 10 * np.log10(power[frequency > 2000].sum() / power[frequency < 500].sum())

    plain = speak(piper, TEXT, PLAIN)
    assert np.median(semitones(plain)) == pytest.approx(4, abs=0.7)
    assert np.median(semitones(speak(piper, TEXT, replace(PLAIN, pitch_semitones=9.0)))) == pytest.approx(9, abs=0.7)
    wider = semitones(speak(piper, TEXT, replace(PLAIN, log_range=0.4)))
    assert np.subtract(*np.percentile(wider, [80, 20])) > 1.2 * np.subtract(*np.percentile(semitones(plain), [80, 20]))
    faster = speak(piper, TEXT, replace(PLAIN, log_rate=0.15))
    assert len(plain) / len(faster) == pytest.approx(np.exp(0.15), rel=0.01)
    assert slope_db(speak(piper, TEXT, replace(PLAIN, tilt_db_per_octave=2.0))) > slope_db(plain) + 3


def test_a_level_that_would_clip_is_refused(piper):
    with pytest.raises(ValueError, match="lower level_db in model.yaml"):
        speak(piper, TEXT, replace(PLAIN, level_db=-5.0))


@pytest.mark.parametrize("module", ["piper", "parselmouth"])
def test_a_missing_extra_says_what_to_install(module, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ModuleNotFoundError, match=rf"spoken with {module}: run `make setup` or pip install '\.\[probe\]'"
    ):
        build_probe(SMALL, tmp_path)
