"""The rooms: what lies where, and that it stays so. Who may import whom is checked by ``make lint``."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bench", "corruptions", "models", "reports")
MOST_FILES, MOST_LINES = 16, 300

FOLDERS = sorted(path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))
ROOMS = [folder for folder in FOLDERS if folder.parent != ROOT]
FILES = sorted(path for name in (*PACKAGES, "tests") for path in (ROOT / name).rglob("*.py"))

every_room = pytest.mark.parametrize("folder", ROOMS, ids=lambda folder: str(folder.relative_to(ROOT)))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_FILES


def test_no_file_is_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


@every_room
def test_a_room_says_what_belongs_in_it_and_hands_nothing_on(folder: Path):
    (sentence,) = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(sentence, ast.Expr)
    assert isinstance(sentence.value, ast.Constant)


@every_room
def test_tests_mirror_the_rooms(folder: Path):
    assert [*(ROOT / "tests" / folder.relative_to(ROOT)).glob("test_*.py")]


def test_there_are_no_tests_of_a_room_that_is_not_there():
    tested = {
        path.parent.relative_to(ROOT / "tests") for name in PACKAGES for path in (ROOT / "tests" / name).rglob("*.py")
    }
    assert tested <= {folder.relative_to(ROOT) for folder in FOLDERS}


def test_every_room_is_in_a_contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    listed = {
        f"{container}.{room}"
        for contract in settings["contracts"]
        for container in contract.get("containers", [])
        for layer in contract["layers"]
        for room in layer.split(" | ")
    }
    rooms = {".".join(folder.relative_to(ROOT).parts) for folder in ROOMS if len(folder.relative_to(ROOT).parts) == 2}
    assert rooms <= listed


def test_the_map_names_every_room():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = [name for folder in ROOMS if f"`{(name := f'{folder.relative_to(ROOT)}/')}`" not in text]
    assert not missing


def named(tree: ast.Module) -> Iterator[str]:
    """Yield every module, or part of one, that a docstring or a text of a file names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = re.findall(rf"(?:``|:mod:`)((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", node.value)
            yield from (name for name in found if not name.endswith(".parquet"))


def defines(path: Path, name: str) -> bool:
    before = '    "' if path.name == "__init__.py" else "(?:def |class |    def |    )?"
    return bool(re.search(rf"^{before}{name}\b", path.read_text(encoding="utf-8"), re.MULTILINE))


def is_there(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if module.is_file():
            return all(defines(module, part) for part in parts[length:])
    return False


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_what_a_docstring_names_is_there(package: str):
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in named(ast.parse(path.read_text(encoding="utf-8")))
        if not is_there(name)
    }
    assert gone == set()
