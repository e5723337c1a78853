"""Text that both databases can keep."""

from typing import Any

_NOT_STORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def storable(value: Any) -> Any:
    """Return a text, or plain JSON, in which NUL and lone surrogates are replaced: PostgreSQL refuses both."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else value.translate(_NOT_STORABLE)
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value
