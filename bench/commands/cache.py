"""The commands ``emonoise cache size`` and ``emonoise cache clean``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.filesize import decimal
from rich.table import Table

from bench.commands.console import cells, out, say, told_plainly
from bench.store.shown import shown
from bench.store.store import cache_root
from corruptions.ground.problems import counted, listed

if TYPE_CHECKING:
    from bench.store.cache import Cached

cache_app = typer.Typer(help="Say what lies in the cache, or remove what is of no use any more.", no_args_is_help=True)


@cache_app.command("size")
def cache_size() -> None:
    """Say what lies in the cache, and how much of it no suite can use with this version and these libraries."""
    with told_plainly():
        _show(_look(), "of no use")
        say(f"\nThe cache is {cache_root()}. `emonoise cache clean` removes what is of no use.")


@cache_app.command("clean")
def cache_clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Remove all that can be made again, usable or not. Not while a run goes on."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --all, do not ask.")] = False,
) -> None:
    """Remove what no suite can use with this version and these libraries, and what killed runs left half written.

    A run may go on meanwhile. Fetched noises and files that are not emonoise's stay in any case, and so do links.
    """
    with told_plainly():
        from bench.stages.cached import FOLDERS
        from bench.store.cache import added_up, remove

        before = _look()
        gone = [one for one in before if one.remade and (everything or not one.usable)]
        removed, all_of_it = added_up(gone), added_up(before)
        _show(before, "to be removed", gone)
        how_much = f"{removed.n_files} of {counted(all_of_it.n_files, 'file')}, {_size(removed.n_bytes)}"
        if dry_run:
            say(f"\nNothing was removed. Without --dry-run: {how_much}, in {cache_root()}.")
            return
        if everything and not yes:
            typer.confirm(shown(f"\nRemove {how_much}, in {cache_root()}?"), abort=True)
        stuck = remove(gone, cache_root(), FOLDERS)
        removed = added_up(one for one in gone if one not in stuck)
        left = all_of_it.n_bytes - removed.n_bytes
        how_much = f"{removed.n_files} of {counted(all_of_it.n_files, 'file')}, {_size(removed.n_bytes)}"
        say(f"\nRemoved {how_much}. Before {_size(all_of_it.n_bytes)}, now {_size(left)}, in {cache_root()}.")
        if stuck:
            raise ValueError(
                f"{counted(len(stuck), 'file')} could not be removed:{listed([str(one.path) for one in stuck])}"
            )


def _look() -> "list[Cached]":
    from bench.stages.cached import places
    from bench.store.cache import survey

    return survey(cache_root(), places(cache_root()))


def _show(files: "Sequence[Cached]", marked: str, chosen: "Sequence[Cached] | None" = None) -> None:
    """Show how many files there are of each kind, and how many of them are chosen: those of no use unless said."""
    from bench.store.cache import added_up

    chosen = [one for one in files if not one.usable] if chosen is None else chosen
    table = Table("what", "files", "size", f"{marked}: files", "size", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in [*sorted({one.kind for one in files}), None]:
        of_kind, of_chosen = (added_up(one for one in some if kind in (None, one.kind)) for some in (files, chosen))
        sizes = of_kind.n_files, _size(of_kind.n_bytes), of_chosen.n_files, _size(of_chosen.n_bytes)
        table.add_row(*cells((kind or "in all", *sizes)))
    out.print(table)


def _size(n_bytes: int) -> str:
    return decimal(n_bytes)
