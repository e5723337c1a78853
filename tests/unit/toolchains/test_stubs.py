"""Stubs: what they answer, and how they get into functions that are in memory already."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.toolchains.inside import inside

stubs, values = inside("stubs"), inside("values")

CODE = '''
def add(a: int, b: int) -> int:
    """Add."""
    return a + b

def words(text):
    return text.split()

def numbers(n):
    yield from range(n)

async def later():
    return 1

def outer(n):
    def inner():
        return n * 2
    return inner()

double = lambda x: 2 * x

class Point:
    def __init__(self, x):
        self.x = x
    def move(self):
        self.x += 1
    def _hidden(self):
        return self.x

class Shape:
    def area(self):
        raise NotImplementedError

def _private():
    return 1

TABLE = [add(n, 1) for n in range(3)]
'''


@pytest.fixture
def delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the modules read delivered files from here."""
    monkeypatch.setattr(stubs, "SOURCE", str(tmp_path))
    (tmp_path / "stubbed.py").write_text(CODE)
    return tmp_path


@pytest.fixture
def replaced(delivered: Path) -> Callable[..., dict[str, Any]]:
    """Import the code as the sandbox would, then give its functions the code of a session."""

    def replace(kind: str, types: dict[str, list[str]] | None = None, is_stub: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        names: dict[str, Any] = {"__name__": "stubbed", "called": []}
        exec(compile(CODE, f"{stubs.WORK}/stubbed.py", "exec"), names)  # noqa: S102 (the code above)

        def enter(name: str) -> bool:
            names["called"].append(name)
            if kind == "raise":
                raise stubs.StubCalledError(name)
            return is_stub and kind != "mark"

        listeners = {stubs.ENTER: enter, stubs.LEAVE: lambda _name, value: value}
        stubs.exchange(stubs.codes_of(stubs.stubbed(["stubbed.py"], kind, types), listeners))
        return names

    return replace


def test_public_functions_that_do_something_are_listed(delivered: Path) -> None:
    names = [name.removeprefix("stubbed.") for name in stubs.public_functions(["stubbed.py"])]
    assert names == ["add", "words", "numbers", "later", "outer", "double", "Point.move"]


def test_marked_code_does_its_work_and_tells_its_names(replaced: Callable[..., dict[str, Any]]) -> None:
    names = replaced("mark")
    assert (names["add"](1, 2), names["outer"](4), names["double"](3), names["TABLE"]) == (3, 8, 6, [1, 2, 3])
    assert names["called"] == ["stubbed.add", "stubbed.outer", "stubbed.outer.inner", "stubbed.double"]


def test_a_raising_stub_is_no_exception_that_code_can_catch(replaced: Callable[..., dict[str, Any]]) -> None:
    names = replaced("raise")
    assert not issubclass(stubs.StubCalledError, Exception)
    for call in (lambda: names["add"](1, 2), lambda: names["Point"](1), lambda: list(names["numbers"](1))):
        with pytest.raises(stubs.StubCalledError):
            call()


def test_neutral_stubs_answer_nothing_or_zero(replaced: Callable[..., dict[str, Any]]) -> None:
    names = replaced("neutral")
    assert (names["add"](1, 2), names["words"]("a b"), list(names["numbers"](3)), names["double"](2)) == (
        0,
        None,
        [],
        None,
    )


def test_contrary_stubs_answer_something(replaced: Callable[..., dict[str, Any]]) -> None:
    names = replaced("contrary")
    assert (names["add"](1, 2), names["words"]("a b"), list(names["numbers"](3))) == (-7919, "?stub?", ["?stub?"])


def test_objects_are_set_up_also_under_stubs_that_return(replaced: Callable[..., dict[str, Any]]) -> None:
    for kind in ("neutral", "contrary"):
        point = replaced(kind)["Point"](4)
        point.move()
        assert point.x == 4


def test_stubs_answer_with_the_type_that_was_seen(replaced: Callable[..., dict[str, Any]]) -> None:
    types = {"stubbed.words": ["list"], "stubbed.add": ["str"]}
    assert replaced("neutral", types)["words"]("a b") == []
    assert replaced("contrary", types)["words"]("a b") == ["?stub?"]
    assert replaced("contrary", types)["add"](1, 2) == -7919, "an annotation says it better"


def test_outside_of_tests_a_stub_does_its_work(replaced: Callable[..., dict[str, Any]]) -> None:
    assert replaced("neutral", is_stub=False)["add"](1, 2) == 3


@pytest.mark.parametrize(
    ("annotation", "neutral", "contrary"),
    [
        ("str", "''", "'?stub?'"),
        ("'list[int]'", "[]", "['?stub?']"),
        ("Optional[int]", "None", "-7919"),
        ("int | None", "None", "-7919"),
        ("typing.Sequence[str]", "[]", "['?stub?']"),
        ("Mapping[str, int]", "{}", "{'?stub?': '?stub?'}"),
        ("None", "None", "None"),
        ("Point", "None", "'?stub?'"),
    ],
)
def test_an_annotation_says_what_a_stub_answers(annotation: str, neutral: str, contrary: str) -> None:
    tree = ast.parse(annotation, mode="eval").body
    assert values.value_of(tree, values.NEUTRAL, ["bytes"]) == neutral
    assert values.value_of(tree, values.CONTRARY, ["bytes"]) == contrary


@pytest.mark.parametrize(
    ("seen", "neutral", "contrary"),
    [
        ([], "None", "'?stub?'"),
        (["dict"], "{}", "{'?stub?': '?stub?'}"),
        (["None", "str"], "None", "'?stub?'"),
        (["None"], "None", "None"),
        (["int", "str"], "None", "'?stub?'"),
        (["str", ""], "None", "'?stub?'"),
    ],
)
def test_what_was_seen_stands_in_for_an_annotation(seen: list[str], neutral: str, contrary: str) -> None:
    assert values.value_of(None, values.NEUTRAL, seen) == neutral
    assert values.value_of(None, values.CONTRARY, seen) == contrary


def test_types_are_named_only_where_a_stub_can_make_one() -> None:
    class Words(str):
        __slots__ = ()

    found = [
        values.type_name(value) for value in (None, 1, True, "", [], {}, object(), Words(), ValueError(), range(1))
    ]
    assert found == ["None", "int", "bool", "str", "list", "dict", "", "", "", ""]
