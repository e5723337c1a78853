"""Check digits, which tell a number from any other row of digits."""

import re

_CARDS = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}"  # Discover
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
    r"|62[0-9]{14}(?:[0-9]{3})?"  # UnionPay
    r"|220[0-4][0-9]{12}"  # Mir
)
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI NL FO GL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL OM",
        24: "AD CZ ES MD PK RO SA SE SK TN VG DZ",
        25: "PT LY ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_BASE, _NINE, _MODULUS = 10, 9, 97


def is_card(digits: str) -> bool:
    """Say whether digits are a card number: an issuer's first digits and length, and Luhn's check digit."""
    return bool(_CARDS.fullmatch(digits)) and _luhn(digits) % _BASE == 0


def iban_length(country: str) -> int:
    """Return how many letters and digits a country's IBANs have; 0 where it has none."""
    return _IBAN_LENGTHS.get(country, 0)


def is_iban(letters: str) -> bool:
    """Say whether an IBAN's check digits agree (ISO 7064, 97-10)."""
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % _MODULUS == 1


def _luhn(digits: str) -> int:
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(value - _NINE if value > _NINE else value for value in doubled)
