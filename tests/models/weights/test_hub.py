import ast
import os
from pathlib import Path

import pytest

from models.types import Pretrained
from models.weights import hub
from models.weights.embedded import EMBEDDED, WeightsError, find
from models.weights.hub import locate

from .. import tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def no_hub(monkeypatch, tmp_path) -> Path:
    """A cache of the hub that is empty, and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def fake_hub(monkeypatch, tmp_path):
    """A hub whose files are given by name; returns what was fetched."""
    fetched = []

    def serve(files):
        def snapshot_download(repository, *, revision, allow_patterns):
            from fnmatch import fnmatch

            snapshot = tmp_path / "hub" / "snapshots" / COMMIT
            snapshot.mkdir(parents=True, exist_ok=True)
            for name in files:
                if any(fnmatch(name, pattern) for pattern in allow_patterns):
                    (snapshot / name).write_text(name)
                    fetched.append((repository, revision, name))
            return str(snapshot)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
        return fetched

    return serve


# ---- where a model is


def test_a_model_without_a_name_is_an_error():
    with pytest.raises(ValueError, match="needs `weights`: a packaged name, a folder or a hub repository"):
        locate(Pretrained())


@pytest.mark.embedded
@pytest.mark.parametrize("name", EMBEDDED)
def test_a_packaged_name_is_found_in_its_package(name):
    located = locate(Pretrained(name))
    assert (located.folder, located.sha256) == (find(name), EMBEDDED[name].sha256)


def test_a_folder_is_taken_as_it_is(folder):
    located = locate(Pretrained(str(folder)))
    assert (located.folder, located.revision) == (folder, None)


@pytest.mark.embedded
def test_a_packaged_name_has_its_own_revision_and_no_other():
    own = EMBEDDED["minilm"].revision
    assert locate(Pretrained("minilm", own)) == locate(Pretrained("minilm"))
    with pytest.raises(WeightsError, match=f"minilm: what is packaged is revision {own}, not {COMMIT}"):
        locate(Pretrained("minilm", COMMIT))


def test_a_revision_of_a_folder_is_refused_not_passed_over(folder):
    with pytest.raises(WeightsError, match=f"{folder}: a folder has no revision, and {COMMIT} is asked for"):
        locate(Pretrained(str(folder), COMMIT))


def test_what_is_nowhere_is_an_error_that_says_where_it_was_looked_for_and_what_helps(no_hub):
    with pytest.raises(WeightsError) as caught:
        locate(Pretrained("nobody/no-such-model", "v2"))
    for words in (
        "nobody/no-such-model: not one of whisper-tiny.en",
        "not a folder here",
        "the hub could not give it at revision v2",
        "`hf download nobody/no-such-model --revision v2`",
    ):
        assert words in str(caught.value)


def test_a_misspelt_path_is_the_same_error(no_hub):
    with pytest.raises(WeightsError, match="not a folder here"):
        locate(Pretrained("models/of mine/hubert"))


def test_any_failure_of_the_client_is_the_same_error(monkeypatch):
    def broken(*_args, **_options):
        raise ConnectionResetError("by peer")

    monkeypatch.setattr("huggingface_hub.snapshot_download", broken)
    with pytest.raises(WeightsError, match=r"ConnectionResetError: by peer"):
        locate(Pretrained("nobody/no-such-model"))


def test_what_the_hub_has_in_its_cache_needs_no_network(no_hub, folder):
    repository = no_hub / "models--somebody--hubert"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.parent.mkdir(parents=True)
    folder.rename(snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    newest, pinned = locate(Pretrained("somebody/hubert")), locate(Pretrained("somebody/hubert", COMMIT))
    assert newest == pinned
    assert (newest.folder.resolve(), newest.revision) == (snapshot.resolve(), COMMIT)
    assert newest.sha256 == locate(Pretrained(str(snapshot))).sha256
    with pytest.raises(WeightsError, match="at revision other"):
        locate(Pretrained("somebody/hubert", "other"))


def test_weights_of_another_precision_are_not_fetched(fake_hub):
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    fetched = fake_hub(["config.json", *shards, "model.fp32-00001-of-00002.safetensors"])
    locate(Pretrained("somebody/both"))
    assert [name for *_, name in fetched] == ["config.json", *shards]


def test_pickled_weights_are_fetched_only_where_there_are_no_safetensors(fake_hub):
    fetched = fake_hub(["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5", "README.md"])
    assert locate(Pretrained("somebody/both", "main")).revision == COMMIT
    assert fetched == [("somebody/both", "main", "config.json"), ("somebody/both", "main", "model.safetensors")]


def test_where_there_are_only_pickled_weights_they_are_fetched_from_the_same_commit(fake_hub):
    fetched = fake_hub(["config.json", "pytorch_model.bin", "flax_model.msgpack"])
    assert locate(Pretrained("somebody/old")).revision == COMMIT
    assert ("somebody/old", COMMIT, "pytorch_model.bin") in fetched
    assert {name for _, _, name in fetched} == {"config.json", "pytorch_model.bin"}


# ---- which model it is


def test_the_same_files_have_the_same_sum_wherever_they_lie(folder, tmp_path):
    copy = tiny.self_supervised(tmp_path / "copy")
    assert locate(Pretrained(str(copy))).sha256 == locate(Pretrained(str(folder))).sha256


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_a_changed_file_changes_the_sum(folder, name):
    before = locate(Pretrained(str(folder))).sha256
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert locate(Pretrained(str(folder))).sha256 != before


def test_a_file_of_the_same_size_and_age_is_known_for_another(folder):
    file = folder / "config.json"
    before, status = locate(Pretrained(str(folder))).sha256, file.stat()
    file.write_bytes(file.read_bytes().swapcase())
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert locate(Pretrained(str(folder))).sha256 != before


def test_an_added_or_renamed_file_changes_the_sum(folder):
    sums = [locate(Pretrained(str(folder))).sha256]
    (folder / "vocab.txt").write_text("word")
    sums.append(locate(Pretrained(str(folder))).sha256)
    (folder / "vocab.txt").rename(folder / "merges.txt")
    sums.append(locate(Pretrained(str(folder))).sha256)
    assert len(set(sums)) == 3


@pytest.mark.parametrize("name", ["README.md", "optimizer.pt", "flax_model.msgpack", "pytorch_model.bin"])
def test_what_is_not_read_does_not_change_the_sum(folder, name):
    before = locate(Pretrained(str(folder))).sha256
    (folder / name).write_text("anything")
    assert locate(Pretrained(str(folder))).sha256 == before


def test_a_folder_with_nothing_in_it_is_an_error(tmp_path):
    with pytest.raises(WeightsError, match="holds none of .*model.safetensors"):
        locate(Pretrained(str(tmp_path)))


def test_a_file_is_not_a_folder_of_weights(folder):
    with pytest.raises(WeightsError, match=r"model\.safetensors: a file; weights are named by the folder"):
        locate(Pretrained(str(folder / "model.safetensors")))


def test_a_pointer_of_git_lfs_is_named(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(WeightsError, match=r"model\.safetensors: a pointer of Git LFS .* `git lfs pull`"):
        locate(Pretrained(str(folder)))


def test_the_files_that_matter_are_a_choice_of_the_kind_of_model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"CTranslate2")
    with pytest.raises(WeightsError, match="holds none of"):
        locate(Pretrained(str(tmp_path)))
    assert locate(Pretrained(str(tmp_path)), (*hub.FILES, "model.bin")).folder == tmp_path


def test_no_code_of_a_repository_is_run_and_nobody_is_asked_whether_it_may():
    root = Path(__file__).parents[3]
    calls = {
        f"{path.relative_to(root)}:{call.lineno}": {one.arg: ast.unparse(one.value) for one in call.keywords}
        for package in ("bench", "models")
        for path in (root / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", None) in {"from_pretrained", "pipeline"}
    }
    assert len(calls) >= 5
    assert {place for place, options in calls.items() if options.get("trust_remote_code") != "False"} == set()
