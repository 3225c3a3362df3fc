#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): an MP3 that does not say how long it is, is read for as long as was guessed.
#
# A valid MP3 need not begin with a Xing frame: streams and cuts have none. libsndfile then guesses the number of frames
# from the bit rate of the first ones, reports the guess as `frames`, and reads no further. Silence first, then noise, at
# a varying bit rate: the guess is too long. Noise first, then silence: it is too short, and the rest of the sound never
# comes, without an error. (FFmpeg's libraries read both whole.)
#
# Seen: quiet first  guessed 124992, read 58752 of 58752; loud first  guessed 15696, read 15696 of 58752.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 soundfile==0.14.0 av==18.1.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import av
import numpy as np
import soundfile

rate = 16_000
noise = (0.1 * np.random.default_rng(0).standard_normal(round(1.6 * rate))).astype(np.float32)
silence = np.zeros(2 * rate, np.float32)


def uncounted(name, sound):
    soundfile.write(name, sound, rate, bitrate_mode="VARIABLE", compression_level=0.5)
    content = open(name, "rb").read()
    first, second, *_ = (place for place in range(2000) if content[place : place + 2] == b"\xff\xf3")
    assert b"Xing" in content[first:second]
    open(name, "wb").write(content[second:])


seen = {}
for name, sound in {"quiet first": np.append(silence, noise), "loud first": np.append(noise, silence)}.items():
    uncounted("a.mp3", sound)
    with av.open("a.mp3") as file:
        whole = sum(frame.samples for frame in file.decode(audio=0))
    seen[name] = (soundfile.info("a.mp3").frames, len(soundfile.read("a.mp3")[0]), whole)
    print(name, "guessed %d, read %d of %d" % seen[name])
guessed, read, whole = seen["quiet first"]
assert guessed > 2 * whole and read == whole, "no longer guessed too long"
guessed, read, whole = seen["loud first"]
assert guessed == read < 0.7 * whole, "no longer read short"
PYTHON
