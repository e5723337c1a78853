"""Text that both databases can keep."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agentsite.common.texts import storable

TEXT = st.text(st.characters(codec=None))
JSON = st.recursive(st.none() | st.booleans() | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(JSON)
def test_what_is_stored_is_utf8_without_nul(value: object) -> None:
    text = json.dumps(storable(value), ensure_ascii=False)
    assert "\\u0000" not in text.encode().decode()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert storable(text) == text
