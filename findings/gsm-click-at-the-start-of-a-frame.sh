#!/usr/bin/env bash
# GSM 06.10 full rate (libgsm in libsndfile 1.2.2, soundfile 0.14.0): what a click comes out as depends on where in the
# codec's frames of 20 ms it falls.
#
# A click of 2 ms in silence keeps its place and about its energy almost anywhere. Where it is the very first thing in a
# frame, it comes out with six times its energy, and the peak 5 ms late: a measure of a channel's delay that uses one
# click, at a round number of milliseconds, says 5 ms of a codec that delays nothing.
#
# Seen: at 0 ms energy x 6.3, peak 5.4 ms behind the beginning; at 3.1 ms x 0.8, 0.6 ms; at 6.2 ms x 0.7, 0.7 ms.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 soundfile==0.14.0 soxr==0.5.0.post1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
from io import BytesIO

import numpy as np
import soundfile
import soxr


def gsm(audio):
    file = BytesIO()
    soundfile.write(file, soxr.resample(audio, 16_000, 8_000, "VHQ"), 8_000, format="RAW", subtype="GSM610")
    about = {"samplerate": 8_000, "channels": 1, "format": "RAW", "subtype": "GSM610"}
    return soxr.resample(soundfile.read(BytesIO(file.getvalue()), dtype="float32", **about)[0], 8_000, 16_000, "VHQ")


seen = {}
for offset in (0, 50, 100):
    audio = np.zeros(32_000, np.float32)
    begin = 16_000 + offset
    audio[begin : begin + 32] = 0.5 * np.hanning(32) * np.sin(2 * np.pi * np.arange(32) / 32)
    after = gsm(audio)
    seen[offset] = (np.square(after).sum() / np.square(audio).sum(), (int(np.argmax(np.abs(after))) - begin) / 16)
    print("at %.1f ms energy x %.1f, peak %.1f ms behind the beginning" % (offset / 16, *seen[offset]))
assert seen[0][0] > 4 and seen[0][1] > 4, "the first in a frame is no longer louder and late"
assert all(energy < 1.2 and late_ms < 1 for energy, late_ms in (seen[50], seen[100])), "others are no longer in place"
PYTHON
