"""The probe: a synthetic spoken corpus whose labels are known by construction, so that the benchmark can be checked.

It is a control with planted effects and says nothing about how people express emotion: valence lives in the words,
activation and dominance live in the voice. A benchmark that does not find this again is broken.

**Labels.** For each utterance and each dimension ``k`` of activation, valence and dominance::

    y_k = centre + spread * (sqrt(words_k) t_k + sqrt(voice_k) z_k + sqrt(raters_k) e_k)

with ``words_k + voice_k + raters_k = 1``, and all of ``t``, ``z``, ``e`` of mean 0 and variance 1.

- ``t``, the words. A sentence is a stance, a clause with two affect words, and a moment ("I suppose | the bakery was
  lovely and my uncle felt proud | on Monday."). ``t_valence`` is the mean of what people rated the two words
  (vaderSentiment's lexicon), ``t_activation`` the moment's score and ``t_dominance`` the stance's, each standardised.
  A third of the affect words occurs only in test, and a sixth only in development and test: an encoder that has learned
  the sound of the training words does not know those.
- ``z``, the voice. ``z_activation``, ``z_valence`` and ``u`` are independent and uniform, and
  ``z_dominance = rho z_activation + sqrt(1 - rho^2) u``.
- ``e``, the raters: independent and uniform. Nothing predicts it, so the best possible CCC is known and below 1.

**Category.** What one more rater would call it, whose noise ``e'`` has the raters' share but is drawn apart::

    a, v = sqrt(words_k) t_k + sqrt(voice_k) z_k + sqrt(raters_k) e'_k    for k of activation and valence

"neutral" where ``sqrt(a^2 + v^2)`` is below a radius, and beyond it happy (``a, v > 0``), angry (``a > 0 > v``), sad
(``a, v < 0``) or calm (``a < 0 < v``).

**Voice.** Each parameter (median pitch, pitch range, rate, level, spectral tilt, formants) is ``p_speaker + b_p . z``.
Activation raises pitch, range, rate, level and tilt; dominance raises the level and lowers the pitch; valence is a
faint smile. ``p_speaker`` is uniform; no speaker is in two splits. Coefficients: ``model.yaml``; words: ``words.yaml``.

**Sound.** Piper speaks the sentence with the voice ``joe``, without its random elements. Praat's PSOLA moves pitch,
range, rate and formants, a filter tilts the spectrum, and a single gain sets the level: loudness is never normalised
away. The recordings of ``joe`` are CC0, but the voice was fine-tuned from ``lessac``, whose data came under the terms
of the Blizzard Challenge 2013. Piper, its phonemiser and Praat are GPL-3: they are the extra ``probe``, and only the
builder imports them.
"""

import csv
from pathlib import Path
from typing import cast

import numpy as np

from bench.corpora.corpus import DIMENSIONS, Corpus, Utterance
from bench.corpora.probe.build import DESIGN, MANIFEST, build_probe
from bench.corpora.probe.model import SCALE, best_expected_ccc
from bench.corpora.probe.plan import ProbeSpec
from corruptions.sound.public import Split

__all__ = ["ProbeSpec", "best_expected_ccc", "best_possible_ccc", "build_probe", "read_probe"]

NOTE = (
    "The probe is a synthetic corpus: one speech synthesiser, generated sentences, labels by construction. It is a "
    "control with planted effects (valence in the words, activation and dominance in the voice) and no evidence about "
    "human emotion. Loudness is planted, too: noise at one SNR for every utterance is as loud as they are, and the "
    "control noise-level shows how much that alone tells."
)


def read_probe(folder: Path) -> Corpus:
    """Return the corpus that :func:`build_probe` left in ``folder``.

    Raises:
        FileNotFoundError: if the build has not been finished.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise FileNotFoundError(f"{folder} holds no finished probe corpus: run `emonoise corpus build probe`")
    with manifest.open(encoding="utf-8", newline="") as file:
        utterances = [
            Utterance(
                id=row["id"],
                corpus="probe",
                split=cast("Split", row["split"]),
                speaker=row["speaker"],
                path=folder / row["path"],
                activation=float(row["activation"]),
                valence=float(row["valence"]),
                dominance=float(row["dominance"]),
                transcript=row["transcript"],
                emotion=row.get("emotion"),  # a folder that was built before there were any has none
            )
            for row in csv.DictReader(file)
        ]
    return Corpus("probe", SCALE, tuple(sorted(utterances, key=lambda u: u.id)), synthetic=True, note=NOTE)


def best_possible_ccc(folder: Path, split: Split = "test") -> dict[str, float]:
    """Return for each dimension the CCC on these very labels of a system that knows everything but the raters' noise.

    That system predicts the labels without noise, stretched to the labels' mean and variance; its CCC is then their
    Pearson correlation. :func:`best_expected_ccc` is the same for a corpus without end, in closed form.

    Args:
        folder: what :func:`build_probe` returned.
        split: whose labels.

    Raises:
        ValueError: if the split has a single utterance.
    """
    with (folder / DESIGN).open(encoding="utf-8", newline="") as file:
        design = {row["id"]: row for row in csv.DictReader(file)}
    utterances = read_probe(folder).split(split)
    if len(utterances) < 2:  # noqa: PLR2004
        raise ValueError(f"a CCC needs 2 or more utterances: {split} of {folder} has {len(utterances)}")
    ceiling = {}
    for dimension in DIMENSIONS:
        known = [float(design[utterance.id][f"rater_free_{dimension}"]) for utterance in utterances]
        truth = [getattr(utterance, dimension) for utterance in utterances]
        ceiling[dimension] = float(np.corrcoef(known, truth)[0, 1])
    return ceiling
