"""Examples in Markdown tables: a column of calls, or of inputs for the one function that the request names."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from builds.agent.parsing.candidates import CALL, Candidate, one_line
from builds.agent.parsing.doubts import is_doubtful
from builds.agent.parsing.literals import MAX_LENGTH, bracket_end

_SEPARATOR = re.compile(r"[\s|:-]*-[\s|:-]*")
_SIGNATURE = re.compile(r"`?([A-Za-z_$][\w$]*)\(\s*([A-Za-z_$][\w$]*(?:\s*,\s*[A-Za-z_$][\w$]*)*)?\s*\)`?", re.ASCII)
_INPUT = re.compile(r"(?:inputs?|arguments?|args?|вход(?:ные данные)?|ввод|аргументы?)\b", re.IGNORECASE)
_OUTPUT = re.compile(
    r"\b(?:outputs?|expected|results?|returns?|return value|выход|вывод|результат"
    r"|ожидаем\w*|ожидание|возвращает|верн[её]т)\b",
    re.IGNORECASE,
)
_ERROR = re.compile(r"(?:raises |throws )?`?([A-Z]\w*(?:Error|Exception))`?")


@dataclass(frozen=True)
class Signature:
    """A function's name and how many parameters it was shown with; None when it was not."""

    function: str
    parameters: int | None


@dataclass(frozen=True)
class Table:
    """A table's cells; every row stands with its line and has as many as the header, whose line is ``first``."""

    first: int
    last: int
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_tables(lines: Sequence[str]) -> list[Table]:
    """Find the tables, in order."""
    tables: list[Table] = []
    at = 1
    while at < len(lines):
        if "|" in lines[at] and "|" in lines[at - 1] and _SEPARATOR.fullmatch(lines[at].strip()[:MAX_LENGTH]):
            tables.append(_read_table(lines, at))
            at = tables[-1].last
        at += 1
    return tables


def candidates_in_table(table: Table, *, sole: Signature | None, count: Callable[[str], int]) -> Iterator[Candidate]:
    """Yield one candidate per row.

    :param sole: the only function that the request speaks of; None when there are several.
    :param count: says how many arguments a cell holds; 0 when they are not literals.
    """
    column = _output_column(table.header)
    if column is None:
        return
    signature = _signature_in(table.header[0]) or (sole if _INPUT.match(table.header[0].strip("`* ")) else None)
    for line, row in table.rows:
        given, expected = row[0].strip("` "), row[column].strip("` ")
        expression = given if _is_call(given) else _applied(signature, given, count)
        error = _ERROR.fullmatch(expected)
        if expression and expected:
            source = one_line(f"| {' | '.join(row)} |")
            yield Candidate(expression, "" if error else expected, source, line, raises=error[1] if error else "")


def sole_signature(text: str, is_own_function: Callable[[str], bool]) -> Signature | None:
    """Return the only function that a text speaks of, with the number of its parameters where that is shown."""
    names = {call[0][:-1] for call in CALL.finditer(text)}
    own = {name for name in names if is_own_function(name)}
    if len(own) != 1:
        return None
    shown = {_count(found[2]) for found in _SIGNATURE.finditer(text) if found[1] in own and found[2]}
    return Signature(own.pop(), shown.pop() if len(shown) == 1 else None)


def _read_table(lines: Sequence[str], separator: int) -> Table:
    header = _cells(lines[separator - 1])
    last = separator
    rows: list[tuple[int, tuple[str, ...]]] = []
    while last + 1 < len(lines) and "|" in lines[last + 1]:
        last += 1
        cells = _cells(lines[last])
        if len(cells) == len(header):
            rows.append((last, cells))
    return Table(separator - 1, last, header, tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))


def _output_column(header: Sequence[str]) -> int | None:
    """Choose the column that says what must come out; None when two could."""
    if len(header) == 2:  # noqa: PLR2004 - a call and its value
        return None if is_doubtful(header[1]) else 1
    columns = [at for at, title in enumerate(header) if at and _OUTPUT.search(title) and not is_doubtful(title)]
    return columns[0] if len(columns) == 1 else None


def _signature_in(title: str) -> Signature | None:
    found = _SIGNATURE.fullmatch(title.strip("* ")[:MAX_LENGTH])
    return Signature(found[1], _count(found[2])) if found and found[2] else None


def _count(parameters: str) -> int:
    return parameters.count(",") + 1


def _is_call(cell: str) -> bool:
    call = CALL.match(cell)
    return call is not None and bracket_end(cell, call.end() - 1) == len(cell)


def _applied(signature: Signature | None, given: str, count: Callable[[str], int]) -> str:
    """Write the call for a cell of arguments; without a known number of parameters only one argument is certain."""
    if not signature or not given or count(given) != (signature.parameters or 1):
        return ""
    return f"{signature.function}({given})"
