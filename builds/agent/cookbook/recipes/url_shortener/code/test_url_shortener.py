import pytest

from url_shortener import URLShortener, encode_number

URL = "https://example.org/a/long/path?with=query"


@pytest.mark.parametrize(
    ("number", "code"), [(0, "0"), (10, "a"), (61, "Z"), (62, "10"), (3844, "100")]
)
def test_a_number_is_written_in_base_62(number: int, code: str) -> None:
    assert encode_number(number) == code


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        encode_number(-1)


def test_a_code_leads_back_to_its_url() -> None:
    shortener = URLShortener()
    code = shortener.shorten(URL)
    assert len(code) < len(URL)
    assert shortener.resolve(code) == URL


def test_the_same_url_keeps_its_code() -> None:
    shortener = URLShortener()
    assert shortener.shorten(URL) == shortener.shorten(URL) == "g8"


def test_different_urls_have_different_codes() -> None:
    shortener = URLShortener(first_number=61)
    codes = [shortener.shorten(f"{URL}{number}") for number in range(3)]
    assert codes == ["Z", "10", "11"]


def test_visits_are_counted() -> None:
    shortener = URLShortener()
    code = shortener.shorten(URL)
    counts = [shortener.visits(code)]
    shortener.resolve(code)
    shortener.resolve(code)
    counts.append(shortener.visits(code))
    assert counts == [0, 2]


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org", "javascript:x", "https://"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http or https"):
        URLShortener().shorten(url)


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        URLShortener().resolve("x")
    with pytest.raises(KeyError):
        URLShortener().visits("x")
