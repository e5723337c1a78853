from pathlib import Path

import pytest

from env_config import load_env, parse_bool, parse_env


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("A = spaced out ", "spaced out"),
        ("export A=yes", "yes"),
        ("A=x # comment", "x"),
        ("A=#1", ""),
        ("A=x#y", "x#y"),
        ("A='single # \\n'", "single # \\n"),
        ('A="line\\nnext"', "line\nnext"),
        ('A="say \\"hi\\" \\\\ \\x" # ok', 'say "hi" \\ \\x'),
        ("A=a=b", "a=b"),
    ],
)
def test_a_setting_is_read(line: str, value: str) -> None:
    assert parse_env(line) == {"A": value}


def test_comments_and_empty_lines_are_skipped() -> None:
    assert parse_env("# top\n\nA=1\n  # more\nB_2=\n") == {"A": "1", "B_2": ""}


def test_the_last_of_equal_names_wins() -> None:
    assert parse_env("A=1\nA=2") == {"A": "2"}


@pytest.mark.parametrize("line", ["A", "1A=2", "=x", "A B=1"])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is not NAME=value"):
        parse_env(f"OK=1\n{line}")


@pytest.mark.parametrize("line", ["A='x", 'A="x\\"', "A='x' y"])
def test_an_open_quote_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 1 has a quote"):
        parse_env(line)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.env"
    path.write_text("HOST=localhost\nPORT=80\n", encoding="utf-8")
    assert load_env(path) == {"HOST": "localhost", "PORT": "80"}


def test_switches_are_read() -> None:
    assert [parse_bool(word) for word in ("1", "TRUE", "yes", " on ")] == [True] * 4
    assert [parse_bool(word) for word in ("0", "False", "no", "off", "")] == [False] * 5


def test_another_word_is_not_a_switch() -> None:
    with pytest.raises(ValueError, match="not a switch"):
        parse_bool("maybe")
