"""One look for everything: a system has the same colour, dash and marker in every figure and on the page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reports.run import System

INK = "#1D2430"
FAINT = "#6B7280"
RULE = "#D8DCE3"
# Okabe and Ito's colours without yellow, then darker ones: colour-blind readers can tell them apart.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", INK, "#56B4E9", "#E69F00", "#882255", "#999933", "#7A4B2A",
)  # fmt: skip
GREYS = ("#8A8A8A", "#B4B4B4", "#6B6B6B")
# The line of the best possible score.
BEST: Mapping[str, Any] = {"color": INK, "linewidth": 0.7, "linestyle": (0, (1, 2))}


@dataclass(frozen=True)
class Look:
    """How a system is drawn.

    Attributes:
        colour: hexadecimal, the system's own.
        dash: lengths of dash and gap in line widths, empty for a solid line; shared by the family.
        marker: a matplotlib marker; shared by the family.
    """

    colour: str
    dash: tuple[float, ...]
    marker: str


FAMILY_LOOKS: Mapping[str, tuple[tuple[float, ...], str]] = {
    "acoustic": ((), "o"),
    "lexical": ((4.0, 1.6), "s"),
    "multimodal": ((6.0, 1.5, 1.2, 1.5), "D"),
    "student": ((1.4, 1.2), "^"),
    "control": ((0.8, 1.4), "."),
}


def looks(systems: Sequence[System]) -> dict[str, Look]:
    """Return the look of every system.

    Colours are handed out in order, controls are grey. Past ten systems the hues are spread evenly instead.

    Examples:
        >>> looks([System("mfb", "acoustic", ""), System("random", "control", "")])["random"].colour
        '#8A8A8A'
    """
    heard = [system for system in systems if system.family != "control"]
    controls = [system for system in systems if system.family == "control"]
    colours = dict(zip((system.name for system in heard), _colours(len(heard)), strict=True))
    colours |= {system.name: GREYS[index % len(GREYS)] for index, system in enumerate(controls)}
    return {system.name: Look(colours[system.name], *FAMILY_LOOKS[system.family]) for system in systems}


def _colours(count: int) -> Sequence[str]:
    if count <= len(PALETTE):
        return PALETTE[:count]
    import seaborn as sns

    return [str(colour) for colour in sns.husl_palette(count, l=0.5).as_hex()]


@contextmanager
def paper() -> Iterator[None]:
    """Draw and save figures as a paper wants them: small type, embedded TrueType fonts, the same bytes every time."""
    import matplotlib as mpl
    import seaborn as sns

    chosen = {
        "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
        "font.size": 7.5,
        "axes.titlesize": 8,
        "axes.labelsize": 7.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7.5,
        "axes.linewidth": 0.6,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "text.color": INK,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": "#E8EBF0",
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "savefig.dpi": 200,
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "emonoise",
    }
    theme: Any = {**sns.axes_style("ticks"), **chosen}
    with mpl.rc_context(theme):
        yield


def plain(text: str) -> str:
    r"""Return text that matplotlib shows as it is: a dollar sign would start a formula.

    Examples:
        >>> print(plain("5 $ a day"))
        5 \$ a day
    """
    return text.replace("$", r"\$")
