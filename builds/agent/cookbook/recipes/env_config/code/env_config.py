"""Read settings from ``.env`` files: one ``NAME=value`` per line."""

import re
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def parse_env(text: str) -> dict[str, str]:
    """Read the settings of a text; empty lines and ``#`` comments are skipped.

    Values may stand in single quotes, taken as they are, or in double quotes, where
    ``\\n``, ``\\t``, ``\\"`` and ``\\\\`` are understood. The last of equal names wins.

    :raises ValueError: a line is not a setting; the message names its number.
    """
    settings = {}
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        match = _LINE.fullmatch(content)
        if match is None:
            raise ValueError(f"line {number} is not NAME=value")
        settings[match[1]] = _value(match[2].strip(), number)
    return settings


def load_env(path: Path | str) -> dict[str, str]:
    """Read the settings of a file.

    :raises ValueError: a line is not a setting.
    """
    return parse_env(Path(path).read_text(encoding="utf-8"))


def parse_bool(value: str) -> bool:
    """Read a switch: 1, true, yes, on, or 0, false, no, off and nothing at all.

    :raises ValueError: the value is neither.
    """
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"not a switch: {value!r}")
    return word in _TRUE


def _value(raw: str, number: int) -> str:
    if raw[:1] not in {"'", '"'}:
        return re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].rstrip()
    quote = raw[0]
    value: list[str] = []
    letters = iter(raw[1:])
    for letter in letters:
        if letter == quote:
            rest = "".join(letters).strip()
            if rest and not rest.startswith("#"):
                break
            return "".join(value)
        if letter == "\\" and quote == '"':
            following = next(letters, "")
            value.append(_ESCAPES.get(following, "\\" + following))
        else:
            value.append(letter)
    raise ValueError(f"line {number} has a quote that is not closed")
