"""A URL shortener that keeps its links in memory."""

import string
from urllib.parse import urlsplit

_ALPHABET = string.digits + string.ascii_letters


def encode_number(number: int) -> str:
    """Write a number with the 62 digits and letters.

    :raises ValueError: the number is negative.
    """
    if number < 0:
        raise ValueError("number must not be negative")
    digits = []
    while True:
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
        if number == 0:
            return "".join(reversed(digits))


class URLShortener:
    """Give each URL a short code and find the URL again, counting the visits."""

    def __init__(self, first_number: int = 1000) -> None:
        self._next_number = first_number
        self._urls: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        self._visits: dict[str, int] = {}

    def shorten(self, url: str) -> str:
        """Return the code of a URL; the same URL keeps the same code.

        :raises ValueError: not an ``http`` or ``https`` URL with a host.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("not an http or https URL")
        if url not in self._codes:
            code = encode_number(self._next_number)
            self._next_number += 1
            self._codes[url] = code
            self._urls[code] = url
            self._visits[code] = 0
        return self._codes[url]

    def resolve(self, code: str) -> str:
        """Return the URL of a code and count the visit.

        :raises KeyError: there is no such code.
        """
        url = self._urls[code]
        self._visits[code] += 1
        return url

    def visits(self, code: str) -> int:
        """Tell how often a code was resolved.

        :raises KeyError: there is no such code.
        """
        return self._visits[code]
