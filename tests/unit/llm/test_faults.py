"""Reading what servers say about faults."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from builds.agent.llm.dialects import Dialect
from builds.agent.llm.faults import ResponseHead, clean_reason, named_fault, retry_after_seconds


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), (" 1.5 ", 1.5), ("-3", 0), ("", None), ("soon", None)])
def test_retry_after_is_seconds(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    assert retry_after_seconds(in_a_minute) == pytest.approx(60, abs=2)
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("header", ["nan", "inf", "1e999", "Wed, 99 Oct 2015 07:28:00 GMT"])
def test_a_senseless_retry_after_says_nothing(header: str) -> None:
    assert retry_after_seconds(header) is None


def test_a_reason_loses_keys_passwords_and_length() -> None:
    text = "Wrong key sk-abcdef123456 at http://anna:pw@host/x\nwith my-own-secret " + "x" * 5_000
    reason = clean_reason(text, ["my-own-secret"])
    assert "abcdef" not in reason
    assert "pw@" not in reason
    assert "my-own-secret" not in reason
    assert "host/x with" in reason
    assert len(reason) == 300


def test_a_reason_is_cleaned_in_linear_time() -> None:
    started = time.monotonic()
    clean_reason("//" * 500_000 + "sk-" * 500_000, [])
    assert time.monotonic() - started < 0.2


def test_what_a_library_refuses_by_itself_is_a_rejection() -> None:
    fault = named_fault(ValueError("temperature is not supported"), ResponseHead(), model="anthropic:x", secrets=())
    assert (fault.code, fault.details["status"]) == ("model.rejected", 0)


def test_a_dialect_gives_up_the_parameter_that_was_named_before_the_structure() -> None:
    weaker = Dialect().weaker("openai", "Unsupported value: 'temperature'", is_structured=True)
    assert weaker == Dialect(has_temperature=False)


def test_structure_is_given_up_only_where_it_was_asked_for() -> None:
    assert Dialect().weaker("openai", "bad request", is_structured=False) is None
    assert Dialect().weaker("openai", "bad request", is_structured=True) == Dialect(structure="json")
    assert Dialect().weaker("anthropic", "bad request", is_structured=True) == Dialect(structure="plain")
    assert Dialect(structure="plain").weaker("openai", "bad request", is_structured=True) is None
