"""Flatten nested JSON data into one level and build it up again."""

from collections.abc import Iterator, Mapping
from typing import Any


class _Level(dict[str, Any]):
    """A level being built, told apart from dictionaries that are values."""


def flatten(data: Any, separator: str = ".") -> dict[str, Any]:
    """Turn nested dictionaries and lists into one dictionary of joined keys.

    List positions become keys: ``{"a": [1, 2]}`` gives ``{"a.0": 1, "a.1": 2}``.
    Empty dictionaries and lists inside stay as values.

    :raises TypeError: the data is not a dictionary or list, or a key is not text.
    :raises ValueError: a key contains the separator.
    """
    if not isinstance(data, dict | list):
        raise TypeError("only a dictionary or a list can be flattened")
    return dict(_leaves(data, "", separator))


def unflatten(flat: Mapping[str, Any], separator: str = ".") -> Any:
    """Build nested data from joined keys; keys 0, 1, 2… make a list.

    :raises ValueError: one key needs both a value and an inner level.
    """
    root = _Level()
    for path, value in flat.items():
        *parents, last = path.split(separator)
        level = root
        for key in parents:
            level = level.setdefault(key, _Level())
            if not isinstance(level, _Level):
                raise ValueError(f"conflicting key: {path}")
        if last in level:
            raise ValueError(f"conflicting key: {path}")
        level[last] = value
    return _finished(root)


def _leaves(data: Any, start: str, separator: str) -> Iterator[tuple[str, Any]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        if isinstance(data, dict) and not isinstance(key, str):
            raise TypeError(f"key is not text: {key!r}")
        if separator in str(key):
            raise ValueError(f"key contains the separator: {key}")
        path = f"{start}{key}"
        if value and isinstance(value, dict | list):
            yield from _leaves(value, path + separator, separator)
        else:
            yield path, value


def _finished(value: Any) -> Any:
    if not isinstance(value, _Level):
        return value
    inner = {key: _finished(below) for key, below in value.items()}
    positions = [str(position) for position in range(len(inner))]
    if inner and inner.keys() == set(positions):
        return [inner[position] for position in positions]
    return inner
