#!/usr/bin/env bash
# safetensors 0.8.0: the same tensors with the same metadata are not the same bytes in every process.
#
# A file says in its header what its writer gave as metadata. With several keys, their order in the file is drawn anew in
# every process, whatever order they were given in. So the SHA-256 of a file of weights tells nothing of the weights: two
# files of one training differ, and a cache that goes by digests of files takes them for two. With one key (a text of
# JSON, say) or none, the bytes are always the same.
#
# Seen: 8 processes, four keys: 5 to 8 different files; one key: 1 file. All hold the same tensors and metadata.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
cd "$work"
cat > write.py <<'PYTHON'
import sys

import numpy as np
from safetensors.numpy import save_file

keys = sys.argv[2].split(",")
save_file({"weights": np.arange(4.0)}, sys.argv[1], {key: key.upper() for key in keys})
PYTHON
for keys in kind,config,inputs,format kind; do
    for k in 1 2 3 4 5 6 7 8; do
        "$work/venv/bin/python" write.py "$keys-$k.safetensors" "$keys"
    done
done
"$work/venv/bin/python" - <<'PYTHON'
from pathlib import Path

from safetensors import safe_open

for keys in ("kind,config,inputs,format", "kind"):
    files = sorted(Path().glob(f"{keys}-*.safetensors"))
    read = set()
    for file in files:
        with safe_open(file, framework="np") as one:
            read.add((tuple(sorted(one.metadata().items())), one.get_tensor("weights").tobytes()))
    different = len({file.read_bytes() for file in files})
    print(f"{len(files)} processes, {keys.count(',') + 1} keys: {different} different files")
    assert len(read) == 1
    assert (different > 1) == ("," in keys)
PYTHON
