"""Every command and snippet of the README is run or checked, on a tiny corpus in a folder of its own."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from bench.commands import main as cli
from bench.corpora.corpus import Corpus
from bench.suite.file import SUITES
from bench.suite.suite import load_suite
from corruptions.sound.audio import write_audio
from corruptions.sound.public import split_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMNS = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("bash") for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def users_folder(tiny_probe: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user of the README has: `my/corpus.csv`, folders of recordings, and the suite of the README."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my").mkdir()
    # Recognition is what takes time: one in three has all speakers.
    rows = [[getattr(one, column) for column in COLUMNS] for one in tiny_probe.utterances[::3]]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "my" / "corpus.csv", index=False)
    noise = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    for name in ("street", "office"):
        recordings = folder / "my" / "recordings" / name
        recordings.mkdir(parents=True)
        write_audio(recordings / "one.wav", noise)
    sounds = folder / "my" / "recordings" / "ESC-50" / "audio"
    sounds.mkdir(parents=True)
    for source in (str(number) for number in range(1000, 1020)):
        if split_of(source) == "test":
            write_audio(sounds / f"5-{source}-A-0.wav", noise)
    (folder / "my" / "recordings" / "lounge").mkdir()
    write_audio(folder / "my" / "recordings" / "lounge" / "corner.wav", np.geomspace(0.9, 1e-4, 4000, dtype=np.float32))
    suite = blocks("yaml")[0]
    (folder / "my" / "suite.yaml").write_text(suite)
    # What `make bench` leaves; here it is the user's own run, for the commands are the same.
    (folder / "runs").mkdir()
    (folder / "runs" / "quick").symlink_to(folder / "runs" / "mine")
    return folder


def run(line: str, folder: Path, cache: Path) -> None:
    name, *arguments = shlex.split(line)
    assert name == "emonoise"
    environment = os.environ | {"EMONOISE_CACHE": str(cache)}
    done = subprocess.run(
        [Path(sys.executable).with_name("emonoise"), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # A part of a corpus is there, and the check says so.
    expected = 1 if line.startswith("emonoise noise check") else 0
    assert done.returncode == expected, f"{line}\n{done.stdout}\n{done.stderr}"


def predict(folder: Path) -> None:
    """Write what the user's own system makes of the exported files."""
    manifest = pd.read_csv(folder / "my" / "exported" / "manifest.csv", dtype={"id": str})
    guesses = np.random.default_rng(0).uniform(1, 7, (len(manifest), 3))
    labels = pd.DataFrame(guesses, columns=["activation", "valence", "dominance"])
    predictions = pd.concat([manifest[["id", "condition", "draw"]], labels], axis=1)
    predictions.to_csv(folder / "my" / "predictions.csv", index=False)


@pytest.mark.embedded
def test_every_emonoise_command_of_the_readme_runs(users_folder: Path, tmp_path: Path):
    # Downloads have tests of their own, with a server of their own.
    lines = [line for line in commands() if line.startswith("emonoise") and "noise fetch" not in line]
    # Runs first, for `status` and `report` need one.
    for line in sorted(lines, key=lambda line: not line.startswith("emonoise run")):
        if line.startswith("emonoise score"):
            predict(users_folder)
        run(line, users_folder, tmp_path)
    assert (users_folder / "runs" / "mine" / "report" / "index.html").exists()
    assert (users_folder / "runs" / "elsewhere" / "report" / "index.html").exists()


@pytest.mark.parametrize("line", [line for line in commands() if not line.startswith("emonoise")])
def test_every_other_command_of_the_readme_is_a_make_target(line: str):
    make, *target = line.split()
    assert make == "make"
    subprocess.run([make, "--dry-run", *target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("name", re.findall(r"make bench SUITE=(\S+)", README))
def test_every_suite_of_the_readme_is_there(name: str):
    assert (SUITES / f"{name}.yaml").is_file()


def test_the_models_and_systems_of_the_readme_are_a_valid_part_of_a_suite(tmp_path: Path):
    rest = {"name": "mine", "corpus": "probe", "conditions": ["clean"]}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(rest) + blocks("yaml")[1])
    suite = load_suite(tmp_path / "mine.yaml")
    assert suite.tested == ("mfb", "voice", "weighed", "both", "taught", "audeering")


def test_the_readme_names_every_kind_of_model_and_head():
    from models.asr.catalog import TRANSCRIBERS
    from models.heads.catalog import HEADS
    from models.speech.catalog import SPEECH_ENCODERS
    from models.text.catalog import TEXT_ENCODERS

    (table,) = re.findall(r"\| \| kinds \|\n(.*?)\n\n", README, flags=re.DOTALL)
    for row, kinds in zip(table.splitlines()[1:], (SPEECH_ENCODERS, TRANSCRIBERS, TEXT_ENCODERS, HEADS), strict=True):
        assert set(kinds) <= set(re.findall(r"`([^`]+)`", row)), row


def test_the_library_example_of_the_readme_runs():
    (example,) = (block for block in blocks("python") if "import" in block)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("5.0")


def test_every_file_the_readme_names_exists_and_holds_what_it_says():
    for names, path in re.findall(r"((?:`[A-Z_]+`(?: of|, | or )?)+) ?`([a-z_/]+\.py)`", README):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        defined = {
            target.id
            for node in tree.body
            for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
            if isinstance(target, ast.Name)
        }
        assert set(re.findall(r"[A-Z_]+", names)) <= defined, path
    for path in re.findall(r"`((?:bench|corruptions|models|docs)/[a-z_/.]+)`|\]\((docs/[^)]+)\)", README):
        assert (ROOT / (path[0] or path[1])).exists(), path


def test_every_command_is_in_the_readme():
    names = [command.name or command.callback.__name__ for command in cli.app.registered_commands]
    names += [f"corpus {command.name}" for command in cli.corpus_app.registered_commands]
    names += [f"noise {command.name}" for command in cli.noise_app.registered_commands]
    missing = [name for name in names if f"emonoise {name}" not in README]
    assert not missing
