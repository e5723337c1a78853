"""Which paths and trees are safe, and what names a tree."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.agent.errors import AgentError
from builds.agent.tree import MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES, broken_rule, check_path, check_tree, tree_hash

SEGMENTS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,11}", fullmatch=True)


@pytest.mark.parametrize(
    "path",
    ["roman.py", "src/roman/__init__.py", "Makefile", "a-b_c.1.txt", "pyproject.toml", "README.md", "a/b/c/d/e/f/g/h"],
)
def test_an_ordinary_path_is_safe(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "empty"),
        ("a" * 201, "too_long"),
        ("/etc/passwd", "absolute"),
        ("C:/a.py", "windows"),
        ("src\\a.py", "windows"),
        ("CON", "windows"),
        ("src/nul.txt", "windows"),
        ("lpt9.py", "windows"),
        ("/".join("a" * (MAX_DEPTH + 1)), "too_deep"),
        ("../a.py", "traversal"),
        ("a/../b.py", "traversal"),
        ("./a.py", "traversal"),
        ("a//b.py", "traversal"),
        ("a/", "traversal"),
        (".env", "hidden"),
        (".env.local", "hidden"),
        (".gitignore", "hidden"),
        ("src/.git/config", "hidden"),
        ("файл.py", "characters"),
        ("a b.py", "characters"),
        ("a\n.py", "characters"),
        ("a.py\n", "characters"),
        ("a\0.py", "characters"),
        ("~/a.py", "characters"),
        ("-rf", "leading_dash"),
        ("a.", "trailing_dot"),
        ("conftest.py", "forbidden"),
        ("tests/Conftest.PY", "forbidden"),
        ("pytest.ini", "forbidden"),
        ("sitecustomize.py", "forbidden"),
        ("sitecustomize/__init__.py", "forbidden"),
        ("usercustomize.py", "forbidden"),
        ("a.pth", "forbidden"),
        ("lib/a.so", "forbidden"),
        ("a.pyd", "forbidden"),
    ],
)
def test_an_unsafe_path_is_refused_by_its_rule(path: str, rule: str) -> None:
    with pytest.raises(AgentError) as refused:
        check_path(path)

    assert (refused.value.code, refused.value.details["rule"]) == ("files.unsafe_path", rule)


def test_a_refused_path_is_shown_in_plain_characters_of_bounded_length() -> None:
    with pytest.raises(AgentError) as refused:
        check_path("\ud800\x1b" + "a" * 9000)

    assert len(str(refused.value.details["path"]).encode("ascii")) < 300


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(SEGMENTS, min_size=1, max_size=9).map("/".join))
def test_a_path_that_was_accepted_is_accepted_again_unchanged(path: str) -> None:
    if not broken_rule(path):
        assert check_path(check_path(path)) == path


def test_a_tree_comes_back_sorted_and_with_plain_newlines() -> None:
    tree = check_tree({"b.py": "x\r\ny\r\r\n", "a.py": "\r"})

    assert list(tree.items()) == [("a.py", "\n"), ("b.py", "x\ny\n\n")]
    assert check_tree(tree) == tree


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"../a.py": ""}, "files.unsafe_path"),
        ({f"{number}.py": "" for number in range(MAX_FILES + 1)}, "files.too_many"),
        ({"a.py": "x" * (MAX_FILE_BYTES + 1)}, "files.too_large"),
        ({"a.py": "я" * (MAX_FILE_BYTES // 2 + 1)}, "files.too_large"),
        ({f"{number}.py": "x" * MAX_FILE_BYTES for number in range(6)}, "files.too_large"),
        ({"a.py": "x\0"}, "files.binary"),
        ({"a.py": "\ud800"}, "files.binary"),
        ({"a.py": "", "A.py": ""}, "files.collision"),
        ({"src/a.py": "", "Src/b.py": ""}, "files.collision"),
        ({"a": "", "a/b.py": ""}, "files.collision"),
        ({"A": "", "a/b.py": ""}, "files.collision"),
        ({"a": "", "a-b": "", "a/b.py": ""}, "files.collision"),
    ],
)
def test_a_tree_that_cannot_be_stored_is_refused(files: dict[str, str], code: str) -> None:
    with pytest.raises(AgentError) as refused:
        check_tree(files)

    assert refused.value.code == code


def test_the_limits_themselves_are_allowed() -> None:
    files = {f"{number}.py": "x" * MAX_FILE_BYTES for number in range(5)}
    files |= {f"empty/{number}.py": "" for number in range(MAX_FILES - 5)}

    assert check_tree(files) == files


def test_the_hash_is_that_of_the_output_of_sha256sum() -> None:
    lines = [f"{hashlib.sha256(text).hexdigest()}  {path}\n" for path, text in [("B.py", b"x\n"), ("a/b.py", b"")]]

    assert tree_hash({"a/b.py": "", "B.py": "x\n"}) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_hash_knows_contents_and_paths_but_not_the_order() -> None:
    one = {"a.py": "x", "b.py": "y"}

    assert tree_hash(one) == tree_hash(dict(reversed(one.items())))
    assert len({tree_hash(one), tree_hash({"a.py": "y", "b.py": "x"}), tree_hash({"a.py": "x"}), tree_hash({})}) == 4
