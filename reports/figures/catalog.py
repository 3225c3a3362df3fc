"""The figures of a report.

A kind of figure is drawn on as many sheets as it needs. To add a kind, add an entry to ``FIGURES``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.figures import style
from reports.figures.costs import cost_figure
from reports.figures.curves import ccc_curves, character_errors, drift, guards, ladder_curves, word_errors
from reports.figures.dots import ccc_auc, ccc_conditions, ccc_retention, clean_scores
from reports.figures.forest import forest
from reports.figures.sheets import Sheet
from reports.figures.training import layers, training
from reports.run.run import Run
from reports.run.words import slugs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS: dict[str, dict[str, Any]] = {
    # No dates inside: the same numbers give the same file.
    "svg": {"metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {},
}


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        sheets: returns its sheets, none where the run has no numbers for it.
        title: its heading in the report.
        caption: what the reader must know to read it.
        best_possible: whether it has the line of the best possible score, where that is known.
        looks: whether dashes and markers tell families apart in it.
        folded: whether the page hides it until one asks.
    """

    sheets: Callable[[Run], list[Sheet]]
    title: str
    caption: str
    best_possible: bool = False
    looks: bool = False
    folded: bool = False


FIGURES: dict[str, Kind] = {
    "comparisons": Kind(
        forest,
        "System against system",
        "Differences in CCC, first system minus second, with 95 % intervals over speakers, who are the same for both. "
        "A corruption stands for the average over its levels. Grey: the interval includes zero, the two are not told "
        "apart. Blue: the first is higher; orange: the second. Filled: so also after "
        "correction (Holm) for the pairs and dimensions of the group. Thick intervals are about speakers; strokes are "
        "single training seeds, and thin intervals hold other seeds and noise draws, too: where these are off zero as "
        "well, the difference does not rest on speakers alone.",
    ),
    "ccc-curves": Kind(
        ccc_curves,
        "CCC from clean to harsh",
        "Lines are means over training seeds and noise draws, bands are 95 % intervals over speakers. "
        "Clean speech stands apart at the left end; its bar is the same interval. A gap is a missing value.",
        best_possible=True,
        looks=True,
    ),
    "ladder": Kind(
        ladder_curves,
        "Where the words come from",
        "The same kind of system on the reference transcript, on what a recogniser heard in clean speech, and on what "
        "it heard under the condition. From the first to the second: what recognition costs without noise; from there "
        "to the third: what noise costs. Bands are 95 % intervals.",
        best_possible=True,
    ),
    "ccc-conditions": Kind(
        ccc_conditions,
        "CCC under single conditions",
        "Conditions that were measured at one level, or have none. Dots are means over training seeds and draws with "
        "95 % intervals over speakers; the tick is the same system on clean speech. Controls are left out.",
        looks=True,
    ),
    "ccc-retention": Kind(
        ccc_retention,
        "What is left at the harshest level",
        "CCC at the harshest level divided by CCC on clean speech, with 95 % intervals (arrows: intervals that go on). "
        "It is undefined where clean CCC is below 0.1. Controls are left out.",
        looks=True,
    ),
    "ccc-auc": Kind(
        ccc_auc,
        "The whole curve in one number",
        "The mean of the CCC curve over the range of its levels, in dB where they are dB (its normalised area): the "
        "average CCC in noise, with 95 % intervals. Controls are left out.",
        looks=True,
    ),
    "ccc-clean": Kind(
        clean_scores,
        "CCC on clean speech",
        "Where every curve starts, with 95 % intervals.",
        best_possible=True,
        looks=True,
    ),
    "costs": Kind(
        cost_figure,
        "What it costs",
        "CCC is the mean of the dimensions. The real-time factor is seconds of computing per second of speech, of "
        "encoders, recogniser and head together; a model that others share as well counts in full. Left is faster.",
        looks=True,
    ),
    "wer-curves": Kind(
        word_errors,
        "Word error rate from clean to harsh",
        "Bands are 95 % intervals over speakers. More than 100 % means that words were invented.",
    ),
    "cer-curves": Kind(
        character_errors,
        "Character error rate from clean to harsh",
        "Of recognisers of languages without spaces between words: characters are counted, and the rate is not to be "
        "compared with one of words. Bands are 95 % intervals over speakers. More than 100 % means that characters "
        "were invented.",
    ),
    "asr-guards": Kind(
        guards,
        "What recognisers invent",
        "Insertions: words that nobody said, per word that was said; characters: the same of languages without spaces "
        "between words. The others are shares of transcripts. "
        "Repetitions: the text compresses more than speech does. Low confidence: the mean log-probability of its "
        "tokens is below \N{MINUS SIGN}1. No speech: so, and the recogniser believes that nobody speaks, or it is sure "
        "of that. All are counted and none is removed: systems read every transcript as it is. Bands are 95 % "
        "intervals.",
    ),
    "drift": Kind(
        drift,
        "How far noise moves embeddings",
        "Of every utterance, the cosine between its embedding under a condition and on clean speech, frames averaged "
        "over time; lines are means over utterances, bands 95 % intervals over speakers. 1: nothing moved. It does not "
        "say whether what moved matters to emotion, nor which encoder is the more robust: much of an embedding is the "
        "same for all speech, in some encoders more than in others, so compare levels and noises along a line, not "
        "lines. Embeddings of words move where the recogniser writes something else.",
    ),
    "training": Kind(
        training,
        "Training",
        "By epoch, a line for each seed. Above: mean CCC of the dimensions on the development set; the dot is the "
        "epoch that was kept. Below: the training loss, which is not the same quantity in every system.",
        folded=True,
    ),
    "layers": Kind(
        layers,
        "Which layers are heard",
        "Weights of a learned sum over the layers of an encoder, a line for each seed. The dotted line is the same "
        "weight for all.",
        folded=True,
    ),
}


def sheets(run: Run) -> dict[str, dict[str, Sheet]]:
    """Return the sheets of every kind that this run has numbers for, by their file names."""
    return by_file({kind: one.sheets(run) for kind, one in FIGURES.items()})


def by_file(found: Mapping[str, list[Sheet]]) -> dict[str, dict[str, Sheet]]:
    """Return the sheets of every kind that there are any of, by their file names."""
    files = slugs(_words(kind, there)[number] for kind, there in found.items() for number in range(len(there)))
    return {
        kind: {files[words]: sheet for words, sheet in zip(_words(kind, there), there, strict=True)}
        for kind, there in found.items()
        if there
    }


def _words(kind: str, there: list[Sheet]) -> list[str]:
    """Return what the sheets of a kind are called; those of one title are numbered."""
    titles = [sheet.title for sheet in there]
    return [
        f"{kind} {title}" + (f" #{titles[: index + 1].count(title)}" if titles.count(title) > 1 else "")
        for index, title in enumerate(titles)
    ]


def save_figure(figure: "Figure", folder: Path, name: str) -> None:
    """Write a figure as SVG, PDF with embedded fonts, and PNG; the same figure gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with style.paper():
        # Laying out takes longer than drawing: once is enough for three formats. With an engine, even "none",
        # matplotlib would draw each twice.
        figure.draw_without_rendering()
        figure.set_layout_engine(None)
        for suffix, options in FORMATS.items():
            # By way of memory: on a full disk matplotlib fails in words that say nothing of disks.
            drawn = BytesIO()
            figure.savefig(drawn, format=suffix, **options)
            (folder / f"{name}.{suffix}").write_bytes(drawn.getvalue())
