"""What is found in a request, and what is left alone."""

import time
from collections import Counter

import pytest

from builds.guard import checksums
from builds.guard.detection import count, find
from tests.unit.guard.sample import FALSE, MISSED, MISTAKEN, TRUE, Case, private_key

CASES = (*TRUE, *MISSED, *FALSE, *MISTAKEN)
SECONDS = 5.0
"""For 100 000 characters on a machine that does much else; a pattern that isn't linear takes minutes."""


def found(text: str) -> list[str]:
    return [each.kind.value for each in find(text)]


@pytest.mark.parametrize(
    "text",
    ["write to anna\u200b@corp.de now", "write to an\u00adna@corp.de now", "write to anna\uff20corp.de now"],
    ids=["a letter that doesn't show", "a soft hyphen", "a wide sign"],
)
def test_what_people_read_as_an_address_is_one(text: str) -> None:
    (each,) = find(text)
    assert (each.kind.value, text[: each.start], text[each.end :]) == ("email", "write to ", " now")


@pytest.mark.parametrize("mark", ["agt_", "agsw_", "ags_0123456789ab_"])
def test_our_own_secrets_are_found(mark: str) -> None:
    assert found(f"use {mark}{'aB3xQ7z' * 6} for it") == ["api_key"]


def scored() -> tuple[float, float, list[str]]:
    right = wrong = missed = 0
    mistakes = []
    for case in CASES:
        there, wanted = Counter(found(case.text)), Counter(case.kinds)
        right += (there & wanted).total()
        wrong += (there - wanted).total()
        missed += (wanted - there).total()
        if there != wanted:
            mistakes.append(f"{case.text[:70]!r}: {dict(there)} instead of {dict(wanted)}")
    return right / (right + wrong), right / (right + missed), mistakes


def test_nearly_all_of_the_sample_is_told_apart() -> None:
    precision, recall, mistakes = scored()
    print(f"\n{len(CASES)} texts: precision {precision:.3f}, recall {recall:.3f}", *mistakes, sep="\n")  # noqa: T201
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.parametrize("case", TRUE, ids=lambda case: case.text[:30])
def test_findings_are_told_in_the_order_of_the_text(case: Case) -> None:
    assert found(case.text) == list(case.kinds)


def test_a_finding_is_exactly_the_value() -> None:
    text = f"Mail ada@corp.com, card 4539 1488 0343 6467 12/29, db://u:hunter22@h.net, {private_key()} end."
    assert [text[each.start : each.end] for each in find(text)] == [
        "ada@corp.com",
        "4539 1488 0343 6467",
        "hunter22",
        private_key(),
    ]


def test_what_is_found_twice_is_counted_twice() -> None:
    assert count("a.b@corp.com, c.d@corp.com, a.b@corp.com") == {"email": 3}


def test_check_digits_are_checked() -> None:
    assert checksums.is_card("4539148803436467")
    assert not checksums.is_card("4539148803436466")
    assert not checksums.is_card("1234567812345670")  # Luhn's digit is right, but no issuer begins like this
    assert checksums.is_iban("DE75512108001245126199")
    assert not checksums.is_iban("DE75512108001245126198")


BAD = (
    "a", "a@", "a.", "a@a.", "a@b.c.d.", "a+", "é", "+1", "4 ", "4111 ", "1", "1-", "(", "8 9", "phone ",
    "ssn ", "passport A", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAA ",
    "Aa: ", "a://:", "a://a:b", "ab://u:p@", "A", "AA11 ", "eyJ", "eyJaaaaaaaaaaaaa.",
    "eyJaaaaaaaaaaaaa.eyJaaaaaaaaaaaa", "aws", "aws secret ", "bearer ", "?token=a", "sk-",
    "sk-aaaaaaaaaaaaaaaaaaa ", "xox", "-", "[", "..", "AC0", "ghp_", "ada@corp.com ", "4539148803436467 ",
    "bearer 1",
)  # fmt: skip


@pytest.mark.parametrize("unit", BAD)
def test_a_hundred_thousand_characters_take_a_moment(unit: str) -> None:
    begun = time.process_time()
    find((unit * 100_000)[:100_000])
    assert time.process_time() - begun < SECONDS
