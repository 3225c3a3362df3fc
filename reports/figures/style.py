"""One look for everything: a system has the same colour, dash and marker in every figure and on the page."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from reports.run.systems import System

INK = "#1D2430"
FAINT = "#6B7280"
RULE = "#D8DCE3"
# Okabe and Ito's colours without yellow, then darker ones: colour-blind readers can tell them apart.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", INK, "#56B4E9", "#E69F00", "#882255", "#999933", "#7A4B2A",
)  # fmt: skip
GREYS = ("#8A8A8A", "#B4B4B4", "#6B6B6B")
# Comes with matplotlib: the same on every machine.
FONT = "DejaVu Sans"
# The line of the best possible score.
BEST: Mapping[str, Any] = {"color": INK, "linewidth": 0.7, "linestyle": (0, (1, 2))}
# What a difference shows: that one is above the other, below it, or that nobody can tell.
ABOVE, BELOW, UNSURE = "#0072B2", "#D55E00", "#6B7280"


@dataclass(frozen=True)
class Look:
    """How a system is drawn.

    Attributes:
        colour: hexadecimal; no two systems on one panel of curves share it.
        dash: lengths of dash and gap in line widths, empty for a solid line; shared by the family.
        marker: a matplotlib marker; shared by the family.
        hollow: whether the marker is empty: the system heard noise in training.
    """

    colour: str
    dash: tuple[float, ...] = ()
    marker: str = "o"
    hollow: bool = False

    @property
    def line(self) -> dict[str, Any]:
        """The line as matplotlib wants it."""
        return {"color": self.colour, "linewidth": 1.2, "linestyle": (0, self.dash) if self.dash else "-"}

    @property
    def dot(self) -> dict[str, Any]:
        """The marker as matplotlib wants it."""
        face = "white" if self.hollow else self.colour
        edge = {"markeredgecolor": self.colour, "markeredgewidth": 0.8 if self.hollow else 0}
        return {"marker": self.marker, "markersize": 3.2, "markerfacecolor": face, **edge}


FAMILY_LOOKS: Mapping[str, tuple[tuple[float, ...], str]] = {
    "acoustic": ((), "o"),
    "lexical": ((4.0, 1.6), "s"),
    "multimodal": ((6.0, 1.5, 1.2, 1.5), "D"),
    "student": ((1.4, 1.2), "^"),
    "control": ((0.8, 1.4), "."),
}


def looks(systems: Sequence[System], together: Sequence[Collection[str]]) -> dict[str, Look]:
    """Return the look of every system.

    Colours are handed out in order, each the first that no system has which is drawn on the same panels: so ten colours
    are enough for many systems. Where they are not, the one that fewest of the same family have is given again.
    Controls are grey.

    Args:
        systems: all of them.
        together: names of systems that are drawn on one panel.

    Examples:
        >>> systems = [System(name, "acoustic", "") for name in "abc"]
        >>> found = looks(systems, [["a", "b"], ["b", "c"]])
        >>> found["a"].colour == found["c"].colour != found["b"].colour
        True
    """
    colours: dict[str, str] = {}
    controls = [system.name for system in systems if system.family == "control"]
    for system in systems:
        beside = [
            other
            for other in systems
            if other.name in colours and any({system.name, other.name} <= {*names} for names in together)
        ]
        kin = Counter(colours[other.name] for other in beside if other.family == system.family)
        others = Counter(colours[other.name] for other in beside)
        if system.name in controls:
            colours[system.name] = GREYS[controls.index(system.name) % len(GREYS)]
        else:
            colours[system.name] = min(PALETTE, key=lambda colour: (kin[colour], others[colour]))
    return {
        one.name: Look(colours[one.name], *FAMILY_LOOKS[one.family], hollow=one.heard == "noisy") for one in systems
    }


@contextmanager
def paper() -> Iterator[None]:
    """Draw and save figures as a paper wants them: small type, embedded TrueType fonts, the same bytes every time."""
    import matplotlib as mpl
    import seaborn as sns

    chosen = {
        "font.family": FONT,
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
    r"""Return text that matplotlib shows as it is: a dollar sign would start a formula, and see ``drawable``.

    Examples:
        >>> print(plain("5 $ a day"))
        5 \$ a day
    """
    return drawable(text).replace("$", r"\$")


def drawable(text: str) -> str:
    r"""Return text in which the letters that the font lacks are written as their numbers.

    Examples:
        >>> drawable("caf\u00e9"), drawable("\u65e5 1")
        ('caf\xe9', '<U+65E5> 1')
    """
    return "".join(
        letter if letter in "\n\t" or ord(letter) in _letters() else f"<U+{ord(letter):04X}>" for letter in text
    )


@cache
def _letters() -> frozenset[int]:
    """Return the letters that the font has, regular and bold."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    files = [findfont(FontProperties(family=FONT, weight=weight)) for weight in ("normal", "bold")]
    regular, bold = ({*get_font(file).get_charmap()} for file in files)
    return frozenset(regular & bold)
