"""When a result is what the request says."""

import enum
from collections import Counter, OrderedDict, defaultdict, namedtuple
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.toolchains.python.comparison import _agrees, _must_give

Point = namedtuple("Point", "x y")  # noqa: PYI024  what programs return


class Level(enum.IntEnum):
    HIGH = 2


class Colour(enum.StrEnum):
    RED = "red"


def lying(base: type, *arguments: Any, pose: type = object) -> Any:
    """Make an instance of a type whose own methods lie, also about its type."""
    methods = {
        "__eq__": lambda *_: True,
        "__ne__": lambda *_: False,
        "__hash__": lambda _: 1,
        "__len__": lambda _: 1,
        "__class__": property(lambda _: pose),
    }
    return type("Lying", (base,), methods)(*arguments)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("IV", "IV"),
        (2, 2),
        (2.0, 2),
        (2, 2.0),
        (Decimal("121.00"), 121.0),
        (Decimal(4), 4),
        (0.1 + 0.2, 0.3),
        (sum([0.1] * 10), 1),
        (1 / 3, 0.333333333),
        (10**40, 10**40),
        (True, True),
        (None, None),
        (b"x", b"x"),
        ([1, [2.0, "a"]], [1, [2, "a"]]),
        (Point(1, 2), (1, 2)),
        ({"a": [0.1 + 0.2]}, {"a": [0.3]}),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (defaultdict(list, {1: []}), {1: []}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (frozenset({1, 2}), {2, 1}),
        ({0.1 + 0.2}, {0.3}),
        (Level.HIGH, 2),
        (Colour.RED, "red"),
    ],
)
def test_what_users_take_for_the_same_agrees(got: object, expected: object) -> None:
    assert _agrees(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("iv", "IV"),
        ("4", 4),
        (4, "4"),
        (True, 1),
        (1, True),
        (1.0, True),
        (False, 0),
        (0, None),
        (0, False),
        ("", None),
        ((1, 2), [1, 2]),
        ([1, 2], (1, 2)),
        ([1, True], [1, 1]),
        ([1, 2, 3], [1, 2]),
        ({1}, [1]),
        ([1], {1}),
        ({1, 2}, {1, 3}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": True}, {"a": 1}),
        (b"x", "x"),
        (2.001, 2),
        (10**15 + 1, 10**15),
        (10.0**15 + 1, 10**15),
        (0.31, 0.3),
        (float("nan"), 0.5),
        (float("inf"), 2),
        (range(3), [0, 1, 2]),
        (4j, 4),
    ],
)
def test_what_differs_does_not_agree(got: object, expected: object) -> None:
    assert not _agrees(got, expected)


LITERALS = [None, True, 1, 0.5, "IV", b"x", [1], (1,), {"a": 1}, {1}]


@pytest.mark.parametrize("expected", LITERALS, ids=repr)
def test_an_object_that_equals_everything_agrees_with_nothing(expected: Any) -> None:
    liar = lying(object, pose=type(expected))
    assert not _agrees(liar, expected)
    assert not _agrees([liar], [expected])
    assert not _agrees({"a": liar}, {"a": expected})


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (lying(str, "?"), "IV"),
        (lying(int, 7), 4),
        (lying(float, 7.5), 4.5),
        (lying(bytes, b"?"), b"IV"),
        (lying(list, [7, 8]), [1]),
        (lying(tuple, (7, 8)), (1,)),
        (lying(dict, {"b": 7, "c": 8}), {"a": 1}),
        (lying(set, {7, 8}), {1}),
        (lying(Decimal, 7), 4),
        ({lying(str, "?"): 1}, {"a": 1}),
    ],
)
def test_a_lying_child_of_a_built_in_type_counts_as_what_it_holds(got: object, expected: object) -> None:
    assert not _agrees(got, expected)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_agrees_with_itself(value: object) -> None:
    assert _agrees(value, value)


@given(VALUES, VALUES)
def test_what_agrees_is_equal_but_for_rounding(one: object, other: object) -> None:
    if one == other and type(one) is not type(other):
        assert _agrees(one, other) is (bool not in {type(one), type(other)})
    if isinstance(one, str | None) or isinstance(other, str | None):
        assert _agrees(one, other) is (one == other)


def test_a_failure_says_what_was_got_and_what_was_asked() -> None:
    with pytest.raises(AssertionError, match=r"^assert 'IIII' == 'IV'$"):
        _must_give("IIII", "IV")
