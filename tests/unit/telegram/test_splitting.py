"""Telegram's HTML cut into messages: within 4096 UTF-16 units each, well-formed each, and nothing lost."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_link.splitting import MAX_UNITS, escaped, plain, split, units

EMOJI = "🛡"
TAG = '<pre><code class="language-python">'


class Reader(HTMLParser):
    """Read markup, and notice what is not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.is_wrong = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_wrong |= not self.open or self.open.pop() != tag


def is_well_formed(markup: str) -> bool:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return not reader.open and not reader.is_wrong


def bare(markup: str) -> str:
    """Return what is read, without blanks."""
    return re.sub(r"\s", "", plain(markup))


def test_a_short_text_stays_one_message() -> None:
    assert split("<b>Hello</b> &amp; welcome") == ["<b>Hello</b> &amp; welcome"]


def test_a_text_of_blanks_becomes_no_message() -> None:
    assert split(" \n ") == split("<b> </b>") == split("") == []


def test_an_emoji_counts_as_two_units_and_is_never_cut() -> None:
    assert units(EMOJI) == 2
    parts = split("x" + EMOJI * 3_000)
    assert [units(part) for part in parts] == [4_095, 1_906]
    assert "".join(parts) == "x" + EMOJI * 3_000


def test_exactly_as_much_as_fits_in_is_not_cut() -> None:
    assert len(split("x" * MAX_UNITS)) == 1
    assert len(split("x" * (MAX_UNITS + 1))) == 2


def test_markup_takes_no_room_and_an_entity_takes_what_it_means() -> None:
    assert len(split("<b>" + "&lt;" * MAX_UNITS + "</b>")) == 1


def test_it_is_cut_at_a_line_then_at_a_word() -> None:
    assert split("one two\nthree four", 14) == ["one two", "three four"]
    assert split("one two three", 9) == ["one two", "three"]


def test_a_block_that_is_open_at_a_cut_is_closed_and_opened_again_with_its_language() -> None:
    parts = split(f"{TAG}{'line of code' + chr(10)}{'x = 1' + chr(10)}</code></pre>", 14)
    assert parts == [f"{TAG}line of code\n</code></pre>", f"{TAG}x = 1\n</code></pre>"]


def test_indentation_after_a_cut_in_a_block_is_kept() -> None:
    parts = split(f"{TAG}def f():\n    return 1\n</code></pre>", 14)
    assert plain(parts[1]).startswith("    return")


@pytest.mark.parametrize("entity", ["&lt;", "&amp;", "&#128737;", "&#x1F6E1;", "&quot;"])
def test_an_entity_is_never_cut(entity: str) -> None:
    parts = split(entity * 50, 7)
    assert "".join(parts) == entity * 50
    assert all(part == entity * part.count(entity) for part in parts)


def test_a_bare_ampersand_or_bracket_is_text() -> None:
    assert plain("".join(split("a & b < c", 100))) == "a & b < c"


PIECES = st.lists(
    st.tuples(
        st.sampled_from(["", "b", "i", "code", "pre", "blockquote"]),
        st.lists(st.sampled_from([*"ab&<> \n", "é", EMOJI, "👩‍💻"]), max_size=40).map("".join),
    ),
    max_size=12,
)


@given(PIECES, st.integers(4, 60))
def test_whatever_is_cut_every_part_fits_is_well_formed_and_nothing_is_lost(
    pieces: list[tuple[str, str]], most: int
) -> None:
    markup = "".join(f"<{tag}>{escaped(text)}</{tag}>" if tag else escaped(text) for tag, text in pieces)
    parts = split(markup, most)
    assert all(0 < units(plain(part)) <= most for part in parts)
    assert all(is_well_formed(part) for part in parts)
    assert bare("".join(parts)) == bare(markup)


@given(PIECES, st.integers(8, 60))
def test_nested_markup_is_closed_and_opened_in_its_order(pieces: list[tuple[str, str]], most: int) -> None:
    inner = "".join(f"<i>{escaped(text)}</i>" for _tag, text in pieces)
    parts = split(f"<b>before {inner}</b> after", most)
    assert all(is_well_formed(part) for part in parts)
    assert bare("".join(parts)) == bare(f"before {inner} after")
