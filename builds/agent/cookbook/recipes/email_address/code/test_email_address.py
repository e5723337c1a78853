import pytest

from email_address import is_valid_email, normalise_email


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org",
        "ann.lee+tag@mail.example.co.uk",
        "o'hara_1@a-b.example",
        "x@xn--e1afmkfd.xn--p1ai",
        f"{'a' * 64}@example.org",
    ],
)
def test_usual_addresses_are_valid(address: str) -> None:
    assert is_valid_email(address) is True
    assert is_valid_email(address + ".") is False


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@localhost",
        "ann@example.o",
        "ann@example.123",
        "ann@-example.org",
        "ann@example-.org",
        "ann@exa mple.org",
        "ann@example..org",
        ".ann@example.org",
        "ann..lee@example.org",
        "a@b@example.org",
        "ann lee@example.org",
        "анна@example.org",
        f"{'a' * 65}@example.org",
        f"ann@{'a' * 64}.org",
        f"ann@{'abc.' * 63}org",
    ],
)
def test_other_texts_are_not_valid(address: str) -> None:
    assert is_valid_email(address) is False
    assert is_valid_email("ann@example.org") is True


def test_an_address_is_trimmed_and_its_domain_lowered() -> None:
    assert normalise_email("  Ann@Example.ORG\n") == "Ann@example.org"


def test_an_invalid_address_is_refused() -> None:
    with pytest.raises(ValueError, match="not a valid"):
        normalise_email("ann@")
