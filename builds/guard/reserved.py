"""What looks like personal data or a secret and is none: what is kept free for tests, and obvious stand-ins."""

import re


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_RESERVED_HOST = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost)$|^127(?:\.[0-9]{1,3}){3}$", re.IGNORECASE
)
_TEST_CARDS = words(
    "4242424242424242 4111111111111111 4012888881881881 4222222222222 5555555555554444 5105105105105100 "
    "5200828282828210 2223003122003222 2223000048400011 378282246310005 371449635398431 "
    "378734493671000 341111111111111 "
    "6011111111111117 6011000990139424 6011981111111113 3056930009020004 30569309025904 38520000023237 "
    "36227206271667 3566002020360505 3530111333300000 6200000000000005 6205500000000000004 5431111111111111 "
    "5454545454545454 4917610000000000 4444333322221111 4988438843884305"
)
_TEST_CARD_PREFIX = "400000"
"""Of the numbers that a payment provider publishes for tests."""
_EXAMPLE_IBANS = words(
    "GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 DE89370400440532013000 "
    "DE91100000000123456789 FR1420041010050500013M02606 FR7630006000011234567890189 ES9121000418450200051332 "
    "IT60X0542811101000000123456 NL91ABNA0417164300 CH9300762011623852957 AT611904300234573201 BE68539007547034 "
    "BE71096123456769 PL61109010140000071219812874 SE4550000000058398257466 NO9386011117947 DK5000400440116243 "
    "FI2112345600000785 IE29AIBK93115212345678 PT50000201231234567890154 CZ6508000000192000145399 "
    "GR1601101250000000012300695 SA0380000000608010167519 TR330006100519786457841326 LU280019400644750000"
)
_EXAMPLE_SSNS = frozenset({"078051120", "219099999", "123456789"})
_STAND_INS = words(
    "password passwd passphrase pass pwd pw secret user username changeme change_me token key apikey api_key "
    "mypassword my_password yourpassword your_password your-password pass123 password123 pa55word xxx foo bar test"
)
_TEMPLATE_STARTS = ("<", "$", "%", "{", "*", "…", "...")
_STAND_IN_WORDS = ("EXAMPLE", "XXXX", "DUMMY", "PLACEHOLDER", "YOUR", "0000000000", "CHANGEME")
_UK_FICTION = re.compile(
    r"44(?:7700900|2079460|1632960|1134960|1144960|1154960|1164960|1174960|1184960|1214960|1314960)"
)
_FICTION_AREA, _FICTION_LINE, _ROUND = "555", "01", "00000"
_LEAST_LETTERS = 8
_NATIONAL = 10


def is_reserved_host(host: str) -> bool:
    """Say whether a host is one of those that no one can own, or this machine."""
    return bool(_RESERVED_HOST.search(host))


def is_test_card(digits: str) -> bool:
    """Say whether a card number is published for tests."""
    return digits in _TEST_CARDS or digits.startswith(_TEST_CARD_PREFIX)


def is_example_iban(letters: str) -> bool:
    """Say whether an IBAN is one of those that documents show."""
    return letters in _EXAMPLE_IBANS


def is_example_ssn(digits: str) -> bool:
    """Say whether a social security number is a well-known void one."""
    return digits in _EXAMPLE_SSNS


def is_series(digits: str) -> bool:
    """Say whether digits count up or down, or are all the same: nobody's number."""
    return len(set(digits)) == 1 or digits in "0123456789012345" or digits in "98765432109876"


def is_fictional_phone(digits: str) -> bool:
    """Say whether a telephone number is kept free for fiction, or is a series or a round amount."""
    national = digits[-_NATIONAL:]
    is_american = len(national) == _NATIONAL and national[3:6] == _FICTION_AREA and national[6:8] == _FICTION_LINE
    is_local = digits.startswith(_FICTION_AREA) and len(digits) == len("5550100")
    is_round = digits.endswith(_ROUND)
    return is_american or is_local or is_round or bool(_UK_FICTION.match(digits)) or is_series(national)


def is_stand_in(word: str) -> bool:
    """Say whether what stands where a password belongs is a word for it, or a place to fill in."""
    lower = word.lower()
    return lower in _STAND_INS or lower.startswith(_TEMPLATE_STARTS) or set(lower) <= set("x*.-_•")


def is_example_key(key: str) -> bool:
    """Say whether a key is one that documents show, or filled with the same few letters."""
    upper = key.upper()
    return any(word in upper for word in _STAND_IN_WORDS) or len(set(key)) < _LEAST_LETTERS
