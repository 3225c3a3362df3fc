import subprocess
import sys
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.corpora.corpus import DIMENSIONS
from bench.corpora.probe.corpus import ProbeSpec, best_expected_ccc, best_possible_ccc, read_probe
from bench.corpora.probe.model import SCALE, Shares, read_model
from bench.corpora.probe.plan import plan
from bench.store.keys import digest, rng_for
from corruptions.sound.public import SPLITS

# Enough utterances for what the model says of populations.
MANY = ProbeSpec(train=2000, dev=1, test=1)


@pytest.fixture(scope="module")
def many():
    return [utterance for utterance in plan(MANY) if utterance.split == "train"]


def test_the_same_specification_gives_the_same_plan_and_another_seed_another():
    spec = ProbeSpec(train=5, dev=2, test=3)
    assert plan(spec) == plan(spec)
    assert plan(spec) != plan(ProbeSpec(train=5, dev=2, test=3, seed=1))


def test_a_small_corpus_is_the_beginning_of_a_larger_one():
    small, large = plan(ProbeSpec(train=20, dev=5, test=10)), plan(ProbeSpec(train=40, dev=9, test=12))
    assert set(small) <= set(large)


def test_the_default_corpus_has_24_or_more_speakers_and_no_speaker_in_two_splits():
    utterances = plan(ProbeSpec())
    speakers = {split: {u.speaker for u in utterances if u.split == split} for split in SPLITS}
    assert len(set().union(*speakers.values())) == sum(len(names) for names in speakers.values()) >= 24
    assert {split: sum(u.split == split for u in utterances) for split in SPLITS} == {
        "train": 360,
        "dev": 80,
        "test": 120,
    }


def test_no_sentence_occurs_twice():
    texts = [utterance.sentence.text for utterance in plan(ProbeSpec())]
    assert len(set(texts)) == len(texts)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_labels_never_leave_the_scale(seed):
    labels = np.array([utterance.labels for utterance in plan(ProbeSpec(train=20, dev=1, test=1, seed=seed))])
    assert SCALE[0] < labels.min()
    assert labels.max() < SCALE[1]


def test_no_label_can_leave_the_scale():
    model, root3 = read_model(), 3**0.5
    rho = model.voice_correlation
    voice = {"activation": root3, "valence": root3, "dominance": (rho + (1 - rho**2) ** 0.5) * root3}
    lowest_to_highest = {"activation": (-1, 1), "valence": (-4, 4), "dominance": (-1, 1)}
    for name in DIMENSIONS:
        share, standard = model.shares[name], model.lexical[name]
        words = max(abs(score - standard.mean) / standard.deviation for score in lowest_to_highest[name])
        largest = share.words**0.5 * words + share.voice**0.5 * voice[name] + share.raters**0.5 * root3
        assert model.spread * largest < 3


def test_labels_have_the_planned_mean_deviation_and_correlation(many):
    labels = np.array([utterance.labels for utterance in many])
    np.testing.assert_allclose(labels.mean(axis=0), 4, atol=0.08)
    np.testing.assert_allclose(labels.std(axis=0), 0.9, atol=0.04)
    np.testing.assert_allclose(np.corrcoef(labels.T), [[1, 0, 0.6], [0, 1, 0], [0.6, 0, 1]], atol=0.06)


def test_raters_words_and_voice_have_the_shares_that_the_model_says(many):
    labels, rater_free = (np.array([getattr(u, name) for u in many]) for name in ("labels", "rater_free"))
    rating = np.array([utterance.sentence.rating for utterance in many])
    level = np.array([utterance.voice.level_db for utterance in many])
    shares = read_model().shares
    for k, name in enumerate(DIMENSIONS):
        assert np.var(labels[:, k] - rater_free[:, k]) / 0.81 == pytest.approx(shares[name].raters, abs=0.01)
        assert np.corrcoef(labels[:, k], rater_free[:, k])[0, 1] == pytest.approx(best_expected_ccc()[name], abs=0.01)
    assert np.corrcoef(labels[:, 1], rating)[0, 1] ** 2 == pytest.approx(shares["valence"].words, abs=0.03)
    assert np.corrcoef(labels[:, 1], level)[0, 1] ** 2 < 0.01
    assert np.corrcoef(labels[:, 0], level)[0, 1] > 0.7


def test_categories_have_about_a_fifth_of_the_utterances_each(many):
    counts = Counter(utterance.emotion for utterance in many)
    assert set(counts) == {"neutral", "happy", "angry", "sad", "calm"}
    assert all(0.17 < count / len(many) < 0.23 for count in counts.values())


def test_a_category_is_what_the_equations_say_of_one_more_rater():
    model = read_model()
    for number, utterance in enumerate(plan(ProbeSpec(train=50, dev=1, test=1, seed=3))[:50]):
        e = rng_for(3, "probe emotion", "train", number).uniform(-(3**0.5), 3**0.5, 3)
        raters = np.sqrt([model.shares[name].raters for name in DIMENSIONS])
        activation, valence, _ = (np.array(utterance.rater_free) - 4) / 0.9 + raters * e
        expected = ("happy" if valence > 0 else "angry") if activation > 0 else ("calm" if valence > 0 else "sad")
        if activation**2 + valence**2 < model.neutral_radius**2:
            expected = "neutral"
        assert utterance.emotion == expected


def test_naming_categories_left_labels_and_voices_as_they_were():
    # Taken before there were categories.
    planned = [[one.labels, asdict(one.voice), one.sentence.text] for one in plan(ProbeSpec())]
    assert digest(planned) == "ae298c5f3e90b1bf81954abc2d90f963"


def test_dominance_and_activation_pull_the_pitch_apart(many):
    labels = np.array([utterance.labels for utterance in many])
    pitch = np.array([utterance.voice.pitch_semitones for utterance in many])
    activation, dominance = np.linalg.lstsq(np.c_[labels[:, [0, 2]], np.ones(len(many))], pitch, rcond=None)[0][:2]
    assert activation > 0 > dominance


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match="must sum to 1"):
        Shares(words=0.5, voice=0.5, raters=0.1)


@pytest.mark.parametrize("field", ["train", "dev", "test", "train_speakers", "dev_speakers", "test_speakers"])
def test_a_corpus_without_utterances_or_speakers_is_refused(field):
    with pytest.raises(ValueError, match=f"at least 1 for '{field}', not 0"):
        ProbeSpec(**{field: 0})


def test_an_unfinished_corpus_says_how_to_build_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="emonoise corpus build probe"):
        read_probe(tmp_path)


def test_reading_needs_neither_piper_nor_praat():
    code = "import sys, bench.corpora.probe.corpus; print({'piper', 'parselmouth', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_the_corpus_says_that_it_is_synthetic(tiny_probe):
    assert tiny_probe.synthetic
    assert "synthetic" in tiny_probe.note
    assert "no evidence about human emotion" in tiny_probe.note
    assert tiny_probe.scale == SCALE


def test_the_ceiling_is_near_its_expectation_and_below_one(tiny_probe):
    folder = tiny_probe.utterances[0].path.parent.parent
    ceiling = best_possible_ccc(folder, "train")
    for name, expected in best_expected_ccc().items():
        assert ceiling[name] == pytest.approx(expected, abs=0.05)
        assert ceiling[name] < 1


@pytest.mark.embedded
def test_whisper_reads_the_clean_probe(tiny_probe):
    import soundfile

    from models.asr.catalog import TRANSCRIBERS
    from models.asr.wer import word_error_counts
    from models.types import Pretrained

    spoken = [*tiny_probe.split("dev"), *tiny_probe.split("test")]
    heard = [soundfile.read(u.path, dtype="float32")[0] for u in spoken]
    transcripts = TRANSCRIBERS["faster-whisper"]("cpu", Pretrained("whisper-tiny.en"))(heard)
    counts = [word_error_counts(u.transcript, t.text) for u, t in zip(spoken, transcripts, strict=True)]
    assert sum(one.errors for one in counts) / sum(one.reference_words for one in counts) <= 0.06
