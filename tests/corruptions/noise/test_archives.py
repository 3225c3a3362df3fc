import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from corruptions.noise.archives import ArchiveError, unpack

ENDS = [".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"]
KINDS = {
    "symbolic link": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "device": tarfile.CHRTYPE,
    "pipe": tarfile.FIFOTYPE,
}


def packed(path: Path, *names: str) -> Path:
    """Return an archive with a file of each name, which holds that name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, name)
        return path
    with tarfile.open(path, f"w:{path.suffix[1:].replace('tar', '')}") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name.encode())
            archive.addfile(info, io.BytesIO(name.encode()))
    return path


def unpacked(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "corpus"
    made.mkdir()
    return made


@pytest.mark.parametrize("end", ENDS)
def test_every_file_lies_where_its_name_says(end: str, folder: Path, tmp_path: Path) -> None:
    unpack(packed(tmp_path / f"a{end}", "top/a.wav", "top/deep/b.wav", "./c.wav"), folder)
    assert unpacked(folder) == ["c.wav", "top/a.wav", "top/deep/b.wav"]
    assert (folder / "top" / "deep" / "b.wav").read_text() == "top/deep/b.wav"


@pytest.mark.parametrize(
    "name", ["../escaped", "{root}/escaped", "top/../../escaped", "top/../escaped", "there/escaped"]
)
@pytest.mark.parametrize("end", [".zip", ".tar.gz"])
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(
    name: str, end: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "there").symlink_to(tmp_path)
    archive = packed(tmp_path / f"evil{end}", "first", name.format(root=tmp_path))
    with pytest.raises(ArchiveError, match=r"evil\.\S+: refused: it holds '.*escaped', which would lie outside "):
        unpack(archive, folder)
    assert list(tmp_path.rglob("*escaped*")) == []
    assert unpacked(folder) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_tar_with_anything_but_files_and_folders_is_refused(kind: str, folder: Path, tmp_path: Path) -> None:
    archive = packed(tmp_path / "evil.tar", "first")
    with tarfile.open(archive, "a") as more:
        info = tarfile.TarInfo("second")
        info.type, info.linkname = KINDS[kind], "first"
        more.addfile(info)
    with pytest.raises(ArchiveError, match=f"evil.tar: refused: it holds 'second', which is (a )?{kind}; need files"):
        unpack(archive, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("kind", "mode"), [("symbolic link", stat.S_IFLNK), ("device", stat.S_IFBLK)])
def test_a_zip_with_anything_but_files_and_folders_is_refused(
    kind: str, mode: int, folder: Path, tmp_path: Path
) -> None:
    archive = packed(tmp_path / "evil.zip", "first")
    with zipfile.ZipFile(archive, "a") as more:
        info = zipfile.ZipInfo("second")
        info.external_attr = (mode | 0o777) << 16
        more.writestr(info, "first")
    with pytest.raises(ArchiveError, match=f"evil.zip: refused: it holds 'second', which is (a )?{kind}; need files"):
        unpack(archive, folder)
    assert list(folder.iterdir()) == []


def test_two_names_that_are_one_file_here_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "a.wav").write_text("")
    os.link(folder / "a.wav", folder / "A.wav")  # as it is where the case of letters does not count
    with pytest.raises(ArchiveError, match=r"twins\.zip: refused: 'a\.wav' and 'A\.wav' in it are one file in "):
        unpack(packed(tmp_path / "twins.zip", "a.wav", "A.wav"), folder)


def test_an_archive_that_unpacks_to_more_than_is_free_is_refused_with_both_numbers(
    folder: Path, tmp_path: Path
) -> None:
    zipped = tmp_path / "large.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("first", "first")
        archive.filelist[0].file_size = 10**17
    tarred = tmp_path / "large.tar"
    sparse = {"size": str(10**17), "numblocks": "0", "map": "0,0"}
    with tarfile.open(tarred, "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("first")
        info.pax_headers = {f"GNU.sparse.{name}": value for name, value in sparse.items()}
        archive.addfile(info)
    for path in (zipped, tarred):
        with pytest.raises(
            ArchiveError,
            match=rf"{path.name}: unpacks to 100,000,000,000 MB more than is there, but [\d,]+ MB are free",
        ):
            unpack(path, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("damage", ["text", "empty", "cut"])
def test_what_is_no_whole_archive_is_named(damage: str, end: str, folder: Path, tmp_path: Path) -> None:
    whole = packed(tmp_path / f"a{end}", "a.wav").read_bytes()
    half = whole[:514] if end == ".tar" else whole[: len(whole) // 2]  # two bytes of its file
    path = tmp_path / f"a{end}"
    path.write_bytes({"text": b"not an archive", "empty": b"", "cut": half}[damage])
    with pytest.raises(ArchiveError, match=rf"a{end}: cannot be unpacked: "):
        unpack(path, folder)
