"""Small mistakes: which are made, where, and how they are drawn."""

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.toolchains.inside import inside

mutants, stubs = inside("mutants"), inside("stubs")


@pytest.fixture
def delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the modules read delivered files from here."""
    monkeypatch.setattr(stubs, "SOURCE", str(tmp_path))
    return tmp_path


def variants(folder: Path, code: str) -> list[str]:
    """Return the body of ``f`` with each mistake that can be made in it."""
    (folder / "a.py").write_text(code)
    return [ast.unparse(mutants.made(mutant)) for mutant in mutants.possible("a.py")]


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ("return a < b", "return a <= b"),
        ("return a >= b", "return a < b"),
        ("return a == b", "return a != b"),
        ("return a in b", "return a not in b"),
        ("return a + b", "return a - b"),
        ("return a // b", "return a * b"),
        ("a -= b", "a += b"),
        ("return a and b", "return a or b"),
        ("return True", "return False"),
        ("return 41", "return 42"),
        ("return 'x'", "return 'x?'"),
        ("if a:\n        return b", "if not a:\n        return b"),
        ("while a:\n        a.pop()", "while not a:\n        a.pop()"),
        ("return a if b else 0", "return a if not b else 0"),
        ("a.sort()", "None"),
    ],
)
def test_every_kind_of_mistake_is_made(delivered: Path, body: str, mistake: str) -> None:
    assert f"def f(a, b):\n    {mistake}" in variants(delivered, f"def f(a, b):\n    {body}\n")


@pytest.mark.parametrize(
    "code",
    [
        "LIMIT = 5 + 3\nif LIMIT < 4:\n    print('x')\n",
        "def f(a, limit=4):\n    '''Words.'''\n",
        "def f(a):\n    raise ValueError('no' + a)\n",
        "def f(a):\n    b: 'int | str'\n",
        "def f(a):\n    pass\n",
        "class A:\n    size = 4\n",
        "def f(:\n",
    ],
    ids=["module", "defaults and docstrings", "raise", "annotations", "nothing", "class body", "broken"],
)
def test_what_no_test_can_notice_is_left_alone(delivered: Path, code: str) -> None:
    assert variants(delivered, code) == []


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("4", 5),
        ("'a'", "a?"),
        ("b'a'", b"a?"),
        ("True", False),
        ("1.5", 2.5),
        ("[1]", [1, "?mutant?"]),
        ("(1,)", (1, "?mutant?")),
        ("{1}", {1, "?mutant?"}),
        ("{}", {"?mutant?": "?mutant?"}),
        ("None", "?mutant?"),
        ("object()", None),
    ],
)
def test_another_result_has_the_same_type(delivered: Path, value: str, other: object) -> None:
    names: dict[str, Any] = {}
    code = f"def f(value, str=None, isinstance=None, type=None):\n    return value\nX = {value}\n"
    (code_with_mistake,) = variants(delivered, code)
    exec(compile(code_with_mistake, "a.py", "exec"), names)  # noqa: S102 (our own code, with a mistake in it)
    assert names["f"](names["X"]) == other


def test_the_seed_decides_and_every_function_has_its_turn(delivered: Path) -> None:
    (delivered / "a.py").write_text(
        "def long(a):\n    return [a + 1, a + 2, a + 3, a + 4]\n\n\ndef short(a):\n    return a\n"
    )
    total, drawn = mutants.sampled(["a.py"], 1, 4)
    assert total == len(list(mutants.possible("a.py"))) > 4
    assert Counter(mutant.function for mutant in drawn) == {"a.long": 3, "a.short": 1}
    assert drawn == mutants.sampled(["a.py"], 1, 4)[1]
    assert any(drawn != mutants.sampled(["a.py"], seed, 4)[1] for seed in range(2, 9))


def test_a_mistake_is_told_with_its_place(delivered: Path) -> None:
    (delivered / "src").mkdir()
    (delivered / "src" / "a.py").write_text("class A:\n    def f(self, n):\n        return n > 4\n")
    told = {(mutant.line, mutant.function, mutant.words) for mutant in mutants.possible("src/a.py")}
    assert (3, "a.A.f", "n > 4: Gt → GtE") in told
