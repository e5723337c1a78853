from typing import Any

import pytest

from json_flatten import flatten, unflatten

NESTED: dict[str, Any] = {
    "user": {"name": "Ann", "tags": ["a", {"b": None}]},
    "ok": True,
    "no": {},
}
FLAT: dict[str, Any] = {
    "user.name": "Ann",
    "user.tags.0": "a",
    "user.tags.1.b": None,
    "ok": True,
    "no": {},
}


def test_nested_data_becomes_one_level() -> None:
    assert flatten(NESTED) == FLAT


def test_one_level_becomes_nested_data() -> None:
    assert unflatten(FLAT) == NESTED


@pytest.mark.parametrize(
    "data", [{"a": {"b": {"c": 1}}}, [1, [2, 3]], {"a": []}, {"": {"": 0}}]
)
def test_data_survives_the_round_trip(data: Any) -> None:
    assert unflatten(flatten(data)) == data


def test_the_separator_can_be_chosen() -> None:
    assert flatten({"a": {"b": 1}}, separator="__") == {"a__b": 1}
    assert unflatten({"a/b": 1}, separator="/") == {"a": {"b": 1}}


def test_many_list_items_keep_their_order() -> None:
    assert unflatten({str(n): n for n in range(12)}) == list(range(12))


def test_keys_with_a_gap_stay_a_dictionary() -> None:
    assert unflatten({"a.0": 1, "a.2": 2}) == {"a": {"0": 1, "2": 2}}


def test_nothing_flattens_to_nothing() -> None:
    assert flatten({}) == {}
    assert unflatten({}) == {}
    assert flatten([0]) == {"0": 0}


@pytest.mark.parametrize("data", [1, "text", None])
def test_plain_values_are_refused(data: Any) -> None:
    with pytest.raises(TypeError):
        flatten(data)


def test_a_key_that_is_not_text_is_refused() -> None:
    with pytest.raises(TypeError, match="key is not text"):
        flatten({1: 2})


def test_a_key_with_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match="separator"):
        flatten({"a.b": 1})


@pytest.mark.parametrize("flat", [{"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}])
def test_conflicting_keys_are_refused(flat: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="conflicting key"):
        unflatten(flat)
