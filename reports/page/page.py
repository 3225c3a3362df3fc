"""The report of a run: one folder that opens from disk, without a network."""

import itertools
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from reports.figures import style
from reports.figures.casts import run_looks
from reports.figures.catalog import FIGURES, save_figure, sheets
from reports.figures.sheets import Sheet
from reports.figures.spectrograms import card, loudest_db, picture, spectrograms
from reports.page.whole import replacing_folder
from reports.run.paired import groups
from reports.run.run import ENOUGH_SPEAKERS, Run, read_run
from reports.run.systems import HEARD
from reports.run.words import Score, counted, decimal, listing, slug, with_interval
from reports.tables.composition import composition_tables
from reports.tables.robustness import robustness_tables
from reports.tables.tables import Cell, Table, tables, write_table
from reports.tables.text_tables import comparison_tables, cost_tables, write_text_table
from reports.words.headline import headline
from reports.words.reasons import reasons

if TYPE_CHECKING:
    from jinja2 import Template

# What is said of each of more systems than these is folded.
FEW = 10


@dataclass(frozen=True)
class Drawn:
    """A sheet that lies in the report: file name without suffix, what it shows of its kind, width in inches."""

    name: str
    title: str
    inches: float


def build_report(run: Path) -> Path:
    """Write the report of a run and return its ``index.html``.

    ``run/report`` is made anew: what was there before is replaced, and deleted, once the new report is whole.

    Args:
        run: a run's folder, with ``results.parquet``, ``provenance.json``, ``systems.json`` and, if it has them,
            ``suite.yaml`` and ``examples/``.

    Returns:
        The page; ``figures/``, ``tables/`` and ``audio/`` lie beside it.

    Raises:
        ReportError: if a file of the run is missing or does not hold what it must, or ``run/report`` is no folder.
        OSError: if the report cannot be written; the one of before is left as it was.
    """
    described = read_run(run)
    target = run / "report"
    with replacing_folder(target) as folder:
        _write(described, folder)
    return target / "index.html"


def _write(run: Run, folder: Path) -> None:
    figures = draw(sheets(run), folder)
    audio = _write_examples(run, folder)
    for group in tables(run).values():
        for table in group:
            write_table(table, run, folder / "tables")
    for text_table in (
        *comparison_tables(run).values(),
        *cost_tables(run),
        *composition_tables(run),
        *robustness_tables(run),
    ):
        write_text_table(text_table, run, folder / "tables")
    (folder / "index.html").write_text(page(run, figures, audio), encoding="utf-8", newline="\n")


def draw(found: Mapping[str, Mapping[str, Sheet]], folder: Path) -> dict[str, list[Drawn]]:
    """Draw sheets into the ``figures`` of a folder, and return what the page must know of each, by its kind."""
    figures: dict[str, list[Drawn]] = {}
    for kind, there in found.items():
        for name, sheet in there.items():
            figure = sheet.draw()
            save_figure(figure, folder / "figures", name)
            figures.setdefault(kind, []).append(Drawn(name, sheet.title, figure.get_figwidth()))
    return figures


def _write_examples(run: Run, folder: Path) -> list[dict[str, Any]]:
    """Copy the examples' audio, draw their spectrograms, and return what the page says of each."""
    if not run.examples:
        return []
    pictures = [picture(example.path) for example in run.examples]
    save_figure(spectrograms(run.examples, pictures), folder / "figures", "spectrograms")
    (folder / "audio").mkdir()
    shown = []
    for number, (example, one) in enumerate(zip(run.examples, pictures, strict=True), start=1):
        stem = f"{number}-{run.slugs[example.condition]}"
        sound = f"{stem}.{slug(example.path.suffix)}"
        shutil.copyfile(example.path, folder / "audio" / sound)
        drawn = BytesIO()
        with style.paper():
            card(one, loudest_db(pictures)).savefig(drawn, format="png", dpi=200)
        (folder / "audio" / f"{stem}.png").write_bytes(drawn.getvalue())
        shown.append({"example": example, "sound": f"audio/{sound}", "image": f"audio/{stem}.png"})
    return shown


def page(run: Run, figures: Mapping[str, Sequence[Drawn]], audio: Sequence[Mapping[str, Any]]) -> str:
    """Return the page; everything that is put into it is escaped, for some of it was heard by a speech recogniser.

    Args:
        run: what the page is about.
        figures: kind of figure -> its sheets.
        audio: for each example its ``example``, and the paths of its ``sound`` and ``image``.
    """
    return template("page.html").render(
        run=run,
        corpus=run.corpus,
        headline=headline(run),
        figures=figures,
        kinds=FIGURES,
        tables=tables(run),
        reasons=reasons(run),
        audio=audio,
        looks=run_looks(run),
        many=len(run.systems) > FEW,
        families=itertools.groupby(run.systems.values(), key=lambda system: system.family),
        heard=HEARD,
        comparisons=comparison_tables(run),
        groups={group.name: group for group in groups(run)},
        costs=cost_tables(run),
        robustness=robustness_tables(run),
        composition=composition_tables(run),
        enough_speakers=ENOUGH_SPEAKERS,
    )


@cache
def template(name: str) -> "Template":
    """Return a template of the folder ``templates``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "code": code,
        "decimal": decimal,
        "duration": duration,
        "cell": cell,
        "tint": tint,
        "listing": named,
        "counted": counted,
        "parts": parts,
        "with_interval": with_interval,
        "by_title": by_title,
    }
    return environment.get_template(name)


def named(names: Iterable[str]) -> str:
    """Return a list of names in words, or "nothing" for none.

    Examples:
        >>> named(["valence"]), named([])
        ('valence', 'nothing')
    """
    return listing([*names] or ["nothing"])


def by_title(sheets: Iterable[Drawn]) -> list[tuple[str, list[Drawn]]]:
    """Return the sheets of a kind by their titles, in their order."""
    return [(title, list(there)) for title, there in itertools.groupby(sheets, key=lambda sheet: sheet.title)]


def code(text: str) -> Markup:
    """Return text in which what stands between backticks is set as code.

    Examples:
        >>> print(code("`text` & more"))
        <code>text</code> &amp; more
    """
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def duration(seconds: float) -> str:
    """Return a time as one says it.

    Examples:
        >>> duration(7.25), duration(754), duration(7_500)
        ('7.2 s', '12 min 34 s', '2 h 5 min')
    """
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def cell(shown: Cell, table: Table) -> tuple[str, str]:
    """Return a cell's number (or the word for why there is none) and its interval."""
    return parts(with_interval(shown.score, table.write, table.unit))


def parts(text: str) -> tuple[str, str]:
    """Return what stands before an interval, and the interval.

    Examples:
        >>> parts("0.62 [0.51, 0.70]"), parts("missing")
        (('0.62', '[0.51, 0.70]'), ('missing', ''))
    """
    value, bracket, interval = text.partition(" [")
    return value, bracket.strip() + interval


def tint(shown: Cell) -> str:
    """Return how strongly a cell is coloured: the CCC, or the ratio, between 0 and 1; nothing for word errors."""
    score: Score | None = shown.score
    if score is None or not score.defined or not shown.metric.startswith("ccc"):
        return "0"
    return f"{min(max(score.value, 0.0), 1.0):.2f}"
