#!/usr/bin/env bash
# pocketsphinx 5.1.1: what a decoder hears in digital silence is a word, and which one depends on the utterance before.
#
# `reinit_feat()` begins the estimates of noise and of the cepstra's mean anew, and what is said of speech and of noise
# no longer depends on what came before. Of digital silence, where all frames are alike and all words as likely, it still
# does: another word is heard in it after another utterance. Noise of one least significant bit, the same each time,
# breaks the tie: nothing is heard, whatever came before.
#
# Seen: first of all 'dog', after other silence 'dog', after a constant 'wow'; with one bit of noise '' each time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 pocketsphinx==5.1.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
from pocketsphinx import Decoder

rate = 16_000
silence, constant = np.zeros(rate, "<i2"), np.full(rate, 3277, "<i2")
bits = np.random.default_rng(0).integers(-1, 2, rate).astype("<i2")


def last_heard(*utterances):
    decoder = Decoder(samprate=rate, loglevel="FATAL")
    for samples in utterances:
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


before = {"first": (), "after silence": (silence,), "after a constant": (constant,)}
plain = {name: last_heard(*others, silence) for name, others in before.items()}
dithered = {name: last_heard(*others, bits) for name, others in before.items()}
print("silence ", plain)
print("one bit ", dithered)
assert len(set(plain.values())) > 1, "what is heard in silence no longer depends on what was heard before"
assert set(dithered.values()) == {""}, "words are heard in one bit of noise"
PYTHON
