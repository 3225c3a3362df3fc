"""The report of runs beside each other: what differs, and how much every system gains or loses by it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reports.figures.catalog import FIGURES, by_file
from reports.figures.forest import forest
from reports.page.page import Drawn, draw, template
from reports.page.whole import replacing_folder
from reports.run.compared import Comparison, read_comparison
from reports.run.paired import groups
from reports.tables.text_tables import comparison_tables, factor_table, write_text_table


def build_comparison(comparison: Path) -> Path:
    """Write the report of a comparison and return its ``index.html``.

    ``comparison/report`` is made anew, as ``reports.page.page.build_report`` does it.

    Args:
        comparison: its folder, with ``comparisons.parquet`` and ``provenance.json``.

    Raises:
        ReportError: if a file is missing or does not hold what it must, or ``comparison/report`` is no folder.
        OSError: if the report cannot be written; the one of before is left as it was.
    """
    described = read_comparison(comparison)
    target = comparison / "report"
    with replacing_folder(target) as folder:
        figures = draw(by_file({"comparisons": forest(described)}), folder)
        for table in (*factor_table(described), *comparison_tables(described).values()):
            write_text_table(table, described, folder / "tables")
        text = compared_page(described, figures)
        (folder / "index.html").write_text(text, encoding="utf-8", newline="\n")
    return target / "index.html"


def compared_page(comparison: Comparison, figures: Mapping[str, Sequence[Drawn]]) -> str:
    """Return the page.

    Args:
        comparison: what it is about.
        figures: the sheets of the kind ``comparisons``.
    """
    return template("compared.html").render(
        comparison=comparison,
        corpus=comparison.corpus,
        prov=comparison.provenance,
        groups={group.name: group for group in groups(comparison)},
        tables=comparison_tables(comparison),
        factors=factor_table(comparison),
        figures=figures,
        kind=FIGURES["comparisons"],
    )
