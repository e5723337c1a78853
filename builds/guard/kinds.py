"""What can be found, and what stands in its place."""

from enum import StrEnum


class Kind(StrEnum):
    """One kind of personal data or secret."""

    PRIVATE_KEY = "private_key"
    PASSWORD = "password"  # noqa: S105  a kind's name
    API_KEY = "api_key"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SSN = "ssn"
    DOCUMENT = "document"
    PHONE = "phone"


_LABELS = {
    Kind.PRIVATE_KEY: "private key",
    Kind.PASSWORD: "password",
    Kind.API_KEY: "key",
    Kind.EMAIL: "e-mail",
    Kind.IBAN: "IBAN",
    Kind.CARD: "card",
    Kind.SSN: "SSN",
    Kind.DOCUMENT: "document",
    Kind.PHONE: "phone",
}
KIND_OF_LABEL = {label: kind for kind, label in _LABELS.items()}


def placeholder(kind: Kind, number: int) -> str:
    """Return what stands in the place of a build's value number ``number`` of a kind."""
    return f"[{_LABELS[kind]} {number}]"
