from pathlib import Path

import pytest

from duplicate_files import file_digest, find_duplicates, wasted_bytes


def write(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def names(groups: list[list[Path]]) -> list[list[str]]:
    return [[path.name for path in group] for group in groups]


def test_equal_files_are_grouped_through_all_folders(tmp_path: Path) -> None:
    write(tmp_path, a="same", sub__b="same", c="diff")
    assert find_duplicates(tmp_path) == [[tmp_path / "a", tmp_path / "sub" / "b"]]


def test_the_largest_files_come_first(tmp_path: Path) -> None:
    write(tmp_path, a="x", b="x", c="long", d="long", e="long")
    assert names(find_duplicates(tmp_path)) == [["c", "d", "e"], ["a", "b"]]


def test_small_and_empty_files_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path, a="", b="", c="xy", d="xy")
    assert names(find_duplicates(tmp_path)) == [["c", "d"]]
    assert names(find_duplicates(tmp_path, minimum_bytes=0)) == [["c", "d"], ["a", "b"]]


def test_symbolic_links_are_not_copies(tmp_path: Path) -> None:
    write(tmp_path, a="same", b="same")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert names(find_duplicates(tmp_path)) == [["a", "b"]]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        find_duplicates(tmp_path / "missing")


def test_the_wasted_space_is_added_up(tmp_path: Path) -> None:
    write(tmp_path, a="1234", b="1234", c="1234", d="x", e="x")
    assert wasted_bytes(find_duplicates(tmp_path)) == 9


def test_a_large_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    write(tmp_path, a="abc", big="x" * 200_000)
    assert file_digest(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert len(file_digest(tmp_path / "big")) == 64
