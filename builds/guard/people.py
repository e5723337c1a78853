"""What personal data looks like: addresses and numbers of people."""

import re

from builds.guard import checksums, reserved
from builds.guard.kinds import Kind
from builds.guard.shape import Match, Shape, Span, shape

_GAP = r"[^\n\[\]0-9]{0,20}?"
"""Between a word and the number it announces; no bracket, so that a placeholder announces nothing."""

# -- e-mail ------------------------------------------------------------------------------------------------------------
_NO_DOMAIN = reserved.words(
    "js jsx ts tsx mjs cjs json png jpg jpeg gif svg webp css scss html htm yaml yml toml txt pdf csv xml "
    "setter getter deleter shape reshape transpose dot length method property"
)
"""Endings of files and of names in code, under which there is no domain."""
_REACH = 120


def _is_email(match: Match) -> bool:
    start = match.start("it")
    before = match.string[max(0, start - _REACH) : start].rpartition(" ")[2]
    _scheme, is_url, rest = before.rpartition("://")
    if (is_url and "/" not in rest) or match["local"] == "git":  # what stands before the host of an address
        return False
    return match["ending"].lower() not in _NO_DOMAIN and not reserved.is_reserved_host(match["host"])


_EMAIL = shape(
    Kind.EMAIL,
    r"(?<![\w.+%\-])(?P<it>(?P<local>[\w.+%\-]{1,64}+)@"
    r"(?P<host>(?:[\w\-]{1,63}\.){1,8}(?P<ending>[^\W\d_]{2,24}|xn--[\w\-]{2,24})))(?!\w)",
    _is_email,
)

# -- telephones --------------------------------------------------------------------------------------------------------
_DECIMAL = re.compile(r"\+[0-9]+\.[0-9]+")
_DATE = re.compile(r"\+?(?:19|20)[0-9]{2}[-. /](?:0[1-9]|1[0-2])[-. /](?:[0-2][0-9]|3[01])")
_LENGTHS = range(7, 16)
_WORDS = (
    r"(?<!\w)(?:(?:tele)?(?:phone|fon)|tel|mobile?|cell|whatsapp|fax|handy|call (?:me|us|him|her)"
    r"|телефону?|тел|мобильн\w{2,3}|моб|факс)(?![^\W\d_])"
)


def _is_phone(match: Match) -> bool:
    digits = _digits(match["it"])
    is_other = _DECIMAL.fullmatch(match["it"]) or _DATE.match(match["it"])
    return len(digits) in _LENGTHS and not is_other and not reserved.is_fictional_phone(digits)


_PHONES = (
    shape(Kind.PHONE, r"(?<![\w+.)])(?P<it>\+[1-9](?:[ .()\-]{0,2}[0-9]){7,14})(?![0-9])", _is_phone),
    shape(
        Kind.PHONE,
        r"(?<![\w+.\-/])(?P<it>(?:1[ .\-])?(?:\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .\-]"
        r"|[2-9][0-9]{2}(?P<mark>[.\-])[2-9][0-9]{2}(?P=mark))[0-9]{4})(?![\w\-]|\.[0-9])",
        _is_phone,
    ),
    shape(
        Kind.PHONE,
        r"(?<![\w+.\-/])(?P<it>8[ \-]?(?:\(9[0-9]{2}\)|9[0-9]{2})[ \-]?[0-9]{3}[ \-][0-9]{2}[ \-]?[0-9]{2})(?![\w\-])",
        _is_phone,
    ),
    shape(
        Kind.PHONE,
        rf"{_WORDS}[^\n\[\]0-9+(]{{0,20}}(?P<it>[+(]?[0-9](?:[ .()/\-]{{0,2}}[0-9]){{6,14}})(?![0-9])",
        _is_phone,
        re.IGNORECASE,
    ),
)

# -- cards and accounts ------------------------------------------------------------------------------------------------
_FOURS = r"(?:[0-9]{4}[ \-]?)"


def _card(match: Match) -> Span | None:
    digits = _digits(match["it"])
    is_real = checksums.is_card(digits) and not reserved.is_test_card(digits) and not reserved.is_series(digits)
    return match.span("it") if is_real else None


_CARDS = tuple(
    Shape(Kind.CARD, re.compile(rf"(?<![0-9])(?=(?P<it>{digits})(?![0-9]))"), _card)  # what overlaps is tried, too
    for digits in (
        rf"{_FOURS}{{4}}[0-9]{{3}}",
        rf"{_FOURS}{{3}}[0-9]{{4}}",
        r"3[0-9]{3}[ \-]?[0-9]{6}[ \-]?[0-9]{4,5}",
        r"4[0-9]{12}",
    )
)


def _iban(match: Match) -> Span | None:
    """Take as many letters as the country's have; what follows may be the next word."""
    length = checksums.iban_length(match["it"][:2])
    letters, end = "", match.start("it")
    for letter in match["it"]:
        if len(letters) == length:
            break
        letters, end = letters + letter.strip(" -"), end + 1
    is_cut = end < len(match.string) and match.string[end].isalnum()
    if not length or len(letters) < length or is_cut:
        return None
    is_real = checksums.is_iban(letters) and not reserved.is_example_iban(letters)
    return (match.start("it"), end) if is_real else None


_IBAN = Shape(Kind.IBAN, re.compile(r"(?<!\w)(?=(?P<it>[A-Z]{2}[0-9]{2}(?:[ \-]?[A-Z0-9]){11,30}))"), _iban)

# -- documents ---------------------------------------------------------------------------------------------------------
_DOCUMENT_WORDS = (
    r"(?<!\w)(?:passport|reisepass|personalausweis|driv(?:er|ing)(?:['’]?s)? licen[cs]e|identity card"
    r"|id card|national id|(?:national )?insurance number|паспорт\w{0,3}|снилс|инн|водительск\w{2,3} удостоверени\w)"
    r"(?![^\W\d_])"
)


def _is_ssn(match: Match) -> bool:
    digits = _digits(match["it"])
    is_void = digits[:3] in {"000", "666"} or digits[0] == "9" or digits[3:5] == "00" or digits[5:] == "0000"
    return not (is_void or reserved.is_example_ssn(digits) or reserved.is_series(digits))


def _is_document(match: Match) -> bool:
    return not reserved.is_series(_digits(match["it"])) and not _DATE.match(match["it"])


_DOCUMENTS = (
    shape(Kind.SSN, r"(?<![\w\-])(?P<it>[0-9]{3}-[0-9]{2}-[0-9]{4})(?![\w\-])", _is_ssn),
    shape(
        Kind.SSN,
        rf"(?<!\w)(?:ssn|social security)(?![^\W\d_]){_GAP}(?P<it>[0-9]{{3}} ?[0-9]{{2}} ?[0-9]{{4}})(?![0-9])",
        _is_ssn,
        re.IGNORECASE,
    ),
    shape(
        Kind.DOCUMENT,
        rf"{_DOCUMENT_WORDS}{_GAP}(?<![^\W_])(?P<it>(?:[A-Z]{{1,2}} ?)?[0-9](?:[ \-]?[0-9]){{5,11}}[A-Z]?)(?!\w)",
        _is_document,
        re.IGNORECASE,
    ),
)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


SHAPES = (_EMAIL, _IBAN, *_CARDS, *_DOCUMENTS, *_PHONES)
