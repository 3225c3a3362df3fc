#!/usr/bin/env bash
# openai-whisper 20250625: the normaliser for languages other than English puts a space in the place of every mark, so
# that Hindi, Thai and Arabic with vowel signs are cut into pieces, and errors are counted per piece.
#
# `BasicTextNormalizer` means to take out punctuation and symbols; it takes out all of Unicode's categories M, S and P,
# and the vowel signs of these scripts are of category M. A sentence of 4 words becomes one of 7 pieces, and one wrong
# vowel sign, which is one wrong word in four, is no error at all.
#
# Seen: 4 words, 7 pieces; the wrong vowel sign leaves the same pieces.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check regex==2024.11.6 more-itertools==10.5.0
env/bin/python -m pip install --quiet --disable-pip-version-check --no-deps openai-whisper==20250625

env/bin/python - <<'PYTHON'
import sys
from importlib.util import find_spec

# The normalisers alone: the package itself imports torch.
sys.path.insert(0, find_spec("whisper").submodule_search_locations[0])
from normalizers import BasicTextNormalizer

normalise = BasicTextNormalizer()
said = "\u092e\u0947\u0930\u093e \u0928\u093e\u092e \u0930\u0940\u0928\u093e \u0939\u0948"  # "my name is Rina"
misheard = said.replace("\u0940", "\u0947")  # "Rena"
pieces = normalise(said).split()
print(f"{len(said.split())} words, {len(pieces)} pieces; the wrong vowel sign leaves "
      f"{'the same' if normalise(misheard).split() == pieces else 'other'} pieces: {' '.join(pieces)}")
assert len(said.split()) == 4
assert len(pieces) == 7
assert normalise(misheard).split() == pieces
PYTHON
