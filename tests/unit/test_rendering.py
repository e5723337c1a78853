"""What the API writes is what the framework's own renderer writes, or says the same."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import Serializer
from rest_framework.utils.serializer_helpers import ReturnDict

from agentsite.common.rendering import ApiJSONRenderer, as_json
from builds.states import State

MOMENT = datetime(2026, 11, 30, 12, 34, 56, 789, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {
            "whole": MOMENT.replace(microsecond=0),
            "parts": MOMENT,
            "day": date(2026, 11, 30),
            "span": timedelta(hours=3),
        },
        {"span": timedelta(hours=3), "time": time(12, 30)},
        {"id": UUID(int=7), "money": Decimal("0.000100"), "float": 0.1, "state": State.PENDING},
        {"late": gettext_lazy("project name"), "text": 'Ж "quoted" \\ \n \u0007 😀', "nothing": None},
        {"more than 64 bits": 2**80, "least": -(2**63)},
        {1: "a key that is no text", None: "another"},
        ReturnDict({"of the framework": [{"nested": (1, 2)}]}, serializer=Serializer()),
    ],
)
def test_data_are_written_as_the_framework_does(data: Any) -> None:
    assert ApiJSONRenderer().render(data) == JSONRenderer().render(data)


def test_who_asks_for_an_indent_gets_it() -> None:
    assert ApiJSONRenderer().render({"a": [1]}, "application/json; indent=2") == b'{\n  "a": [\n    1\n  ]\n}'


def test_what_can_not_be_written_is_an_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        as_json({"half a character": "\ud800"})
    with pytest.raises(TypeError):
        as_json({"no data": object()})


def test_text_that_is_written_can_be_read() -> None:
    assert json.loads(as_json({"moment": MOMENT})) == {"moment": "2026-11-30T12:34:56.000789Z"}
