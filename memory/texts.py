"""Foreign text made fit for a database; stored and asked for in the same way."""

MAX_LANGUAGE = 32


def clean(text: str, length: int | None = None) -> str:
    """Drop what a database refuses: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:length]


def language_name(text: str) -> str:
    """Return a programming language's name as it is stored."""
    return clean(text, MAX_LANGUAGE).strip().lower()
