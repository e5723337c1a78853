"""Placeholders: in a text that was redacted nothing is found, and one value has one placeholder."""

from hypothesis import given, settings
from hypothesis import strategies as st

from builds.guard.detection import find
from builds.guard.redaction import Redactor, placeholders, without
from tests.unit.guard.sample import FALSE, TRUE

PIECES = st.sampled_from([case.text for case in (*TRUE, *FALSE)])
GLUE = st.sampled_from(["", " ", "\n", "[", "]", ":", "@", ".", "-", "1", "+", "://", "passport ", "phone ", "ssn "])
LETTERS = st.text(alphabet="a1@.:/-+ []()_Z9=?&\n", max_size=40)
TEXTS = st.lists(st.one_of(PIECES, GLUE, LETTERS, st.text(max_size=10)), max_size=8).map("".join)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_in_a_redacted_text_nothing_is_found(text: str) -> None:
    redacted = Redactor().redacted(text)
    assert find(redacted) == []
    assert Redactor().redacted(redacted) == redacted
    assert find(without(text)) == []


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_text_without_findings_stays_as_it_is(text: str) -> None:
    if not find(text):
        assert Redactor().redacted(text) == text


def test_the_same_value_has_the_same_placeholder_in_all_texts() -> None:
    redactor = Redactor()
    assert redactor.redacted("From ada@corp.com to bob@corp.com") == "From [e-mail 1] to [e-mail 2]"
    assert redactor.redacted("BOB@corp.com, +49 151 23984710, +49-151-23984710") == "[e-mail 2], [phone 1], [phone 1]"
    assert redactor.last == {"email": 2, "phone": 1}


def test_numbers_go_on_after_those_that_are_in_use() -> None:
    redactor = Redactor({"email": 2})
    redactor.reserve(["as [e-mail 4] wrote"])
    assert redactor.redacted("ada@corp.com") == "[e-mail 5]"


def test_placeholders_can_be_listed() -> None:
    assert placeholders({"email": 2, "api_key": 1}) == ["[e-mail 1]", "[e-mail 2]", "[key 1]"]


def test_an_address_keeps_all_but_its_password() -> None:
    assert Redactor().redacted("postgres://shop:s3cr3t99@db.net/x") == "postgres://shop:[password 1]@db.net/x"
