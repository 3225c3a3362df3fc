#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): a FLAC of unknown length, as an encoder that writes into a pipe leaves it, is
# read block by block, and the last block is an error instead of samples.
#
# The format allows 0 for the number of samples in STREAMINFO: unknown. libsndfile then reports 2^63 - 1 frames and
# decodes all of them; but after each read soundfile seeks to where the read ended, and behind the last sample that
# seek fails, so that what was read last is lost with it.
#
# Seen: frames 9223372036854775807; 49152 of 60000 samples, then LibsndfileError "Internal psf_fseek() failed."
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 soundfile==0.14.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import soundfile

noise = 0.1 * np.random.default_rng(0).standard_normal(60_000)
soundfile.write("a.flac", noise, 16_000)
content = bytearray(open("a.flac", "rb").read())
content[21] &= 0xF0  # the 36 bits of STREAMINFO that count samples
content[22:26] = bytes(4)
open("a.flac", "wb").write(content)

n_read, error = 0, None
with soundfile.SoundFile("a.flac") as file:
    print("frames", file.frames)
    assert file.frames == 2**63 - 1
    try:
        while len(block := file.read(1 << 14)):
            n_read += len(block)
    except soundfile.LibsndfileError as failed:
        error = failed
print(n_read, "of 60000 samples, then", repr(error), error and error.error_string)
assert error is not None and n_read == 49_152, "no longer lost"
PYTHON
