"""Examples in running text: ``f(4) -> 'IV'``, ``f(4) should return 'IV'``, ``f(0) вызывает ValueError``."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from builds.agent.parsing.candidates import CALL, Candidate, is_doubtful, is_doubtful_heading, one_line
from builds.agent.parsing.literals import bracket_end, literal_end

_NEAR = 100
"""How far after a call its verb and value may begin; also keeps every pattern below on short text."""

_ARROW = r"(?:->|→|⇒|⟶|↦|=>|===|==|=)"
_VERB = (
    r"(?:(?:should|must|shall|will|would|has to|needs to) (?:return|give|equal|be equal to|be|evaluate to|produce)"
    r"|returns?|gives?|equals?|is equal to|evaluates to|results in|produces|is"
    r"|(?:должн[аоы]?|должен) (?:вернуть|возвращать|дать|давать|быть равн[аоы]?|быть равен|быть)"
    r"|верн[её]т|возвращает|возвратит|да[её]т|даст|равн[аоы]?|равен|равняется)"
)
_FILLER = (
    r"(?:(?:the |an? )?(?:empty )?(?:string|list|number|value|integer|int|float|tuple|dict|dictionary|boolean|array"
    r"|object|set|result|строк[ау]|список|число|значение|кортеж|словарь|массив|объект) )?"
)
_CONNECTION = re.compile(
    rf"[`*]{{0,3}}\s*(?:(?:#|//) ?)?(?:(?P<arrow>{_ARROW})\s*(?:{_VERB} )?|{_VERB}:? ){_FILLER}[`*]{{0,3}}",
    re.IGNORECASE,
)
_RAISES = re.compile(
    rf"[`*]{{0,3}}\s*(?:(?:#|//) ?)?(?:{_ARROW}\s*)?"
    r"(?:(?:(?:should|must|shall|will|would) )?(?:raises?|throws?|fails? with)"
    r"|(?:(?:должн[аоы]?|должен) )?(?:вызыва(?:ет|ть)|вызовет|вызвать|броса(?:ет|ть)|бросит|бросить|выбрасыва(?:ет|ть)"
    r"|выбросит|выбросить|поднима(?:ет|ть)|поднимет|возбужда(?:ет|ть)|кида(?:ет|ть))) "
    r"(?:an? |the )?(?:exception |error |исключение |ошибку )?[`*]{0,3}(?P<name>[A-Z]\w{0,80})",
    re.IGNORECASE,
)
_ARROW_TO_ERROR = re.compile(
    rf"[`*]{{0,3}}\s*(?:(?:#|//) ?)?{_ARROW}\s*[`*]{{0,3}}(?P<name>[A-Z]\w{{0,80}}(?:Error|Exception))\b"
)

_CONDITION = re.compile(
    r"\b(?:if|elif|when|whenever|unless|suppose|assume|whether|until|while|once|after|def|function|class|new|await|async|return"
    r"|lambda|yield|for|in|or|не|если|когда|пусть|допустим|после|или)\s+$",
    re.IGNORECASE,
)
# "The length of f(3) is 5" says nothing about the value of f(3).
_PROPERTY = re.compile(
    r"(?<!result)(?<!results)(?<!value)(?<!output)\s+of\s+$"
    r"|\b(?:длин[аы]|размер|количество|число|сумма|тип|сложность|стоимость)\s+$",
    re.IGNORECASE,
)
_OPERATORS = tuple("-+*/%<>=&|^~!@$")
_JOINED = tuple("[{)].@")
_LINE_START = re.compile(r"(?:[-*+•>]|\d{1,3}[.)])?\s*$")
_AND = re.compile(r"(?:and|while|because|since|и|а|потому|так)\b\s*(?![-\d'\"\[{(])", re.IGNORECASE)
_RAISE_AND = re.compile(r"(?:and|while|because|since|with|и|а|с|потому|так)\b", re.IGNORECASE)
_OTHER_VALUE = re.compile(r"\b(?:or|или|rounded|округл\w*)\b|~", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n(?=[A-ZА-ЯЁ])")
_UNIT_START = re.compile(r"\s*(?:#{1,6} |[-*+•>] |\d{1,3}[.)] |```|~~~|assert |[`*]{0,3}[A-Za-z_$][\w$.]*\()")


@dataclass(frozen=True)
class _Hit:
    """A candidate and the part of the text that it takes up."""

    start: int
    end: int
    candidate: Candidate


def candidates_in_prose(lines: Iterable[str]) -> Iterator[Candidate]:
    """Yield what the lines show, without what stands in a doubtful sentence or below a doubtful heading."""
    is_under_doubt = False
    for unit in _units(lines):
        hits = list(_hits(unit))
        if not hits:
            is_heading = unit.lstrip().startswith("#") or unit.rstrip(" *`").endswith(":")
            is_under_doubt = is_heading and is_doubtful_heading(unit)
        elif not is_under_doubt:
            yield from _undoubted(unit, hits)


def find_value(text: str, at: int) -> int | None:
    """Return where the literal at ``at`` ends if nothing after it changes what it means."""
    end = literal_end(text, at)
    return end if end is not None and _is_settled(text[end : end + _NEAR]) else None


def _units(lines: Iterable[str]) -> Iterator[str]:
    """Join wrapped lines, so that a sentence is judged as a whole; calls and list items begin something new."""
    unit: list[str] = []
    for line in lines:
        if unit and (not line.strip() or _UNIT_START.match(line)):
            yield "\n".join(unit)
            unit = []
        if line.strip():
            unit.append(line)
    if unit:
        yield "\n".join(unit)


def _undoubted(unit: str, hits: list[_Hit]) -> Iterator[Candidate]:
    """Judge each sentence by its words, the examples themselves left out."""
    words = list(unit)
    for hit in hits:
        words[hit.start : hit.end] = "_" * (hit.end - hit.start)
    masked = "".join(words)
    ends = [*(found.start() + 1 for found in _SENTENCE_END.finditer(masked)), len(masked)]
    for number, of_sentence in groupby(hits, key=lambda hit: bisect_left(ends, hit.end)):
        start = ends[number - 1] if number else 0
        if not is_doubtful(masked[start : ends[number]]):
            yield from (hit.candidate for hit in of_sentence)


def _hits(unit: str) -> Iterator[_Hit]:
    at = 0
    while call := CALL.search(unit, at):
        at = call.end()
        end = bracket_end(unit, call.end() - 1)
        if end is None or not _stands_alone(unit[max(0, call.start() - _NEAR) : call.start()]):
            continue
        hit = _raising(unit, call.start(), end) or _returning(unit, call.start(), end)
        if hit:
            yield replace(hit, candidate=replace(hit.candidate, source=_line_around(unit, hit.start, hit.end)))
            at = hit.end


def _stands_alone(before: str) -> bool:
    """Say whether a call is not a part of something larger: an expression, a condition, a definition."""
    line = before.rsplit("\n", 1)[-1]
    bare = line.rstrip("`*")
    if _LINE_START.match(bare) or _LINE_START.match(line):
        return True
    is_part = bare.endswith(_JOINED) if bare == line else bare[-1:].isalnum()
    return not (is_part or bare.rstrip().endswith(_OPERATORS) or _CONDITION.search(bare) or _PROPERTY.search(bare))


def _raising(unit: str, start: int, end: int) -> _Hit | None:
    near = unit[end : end + _NEAR]
    found = _RAISES.match(near) or _ARROW_TO_ERROR.match(near)
    if not found or not _is_settled(near[found.end() :], also=_RAISE_AND):
        return None
    return _Hit(start, end + found.end(), Candidate(unit[start:end], "", "", raises=found["name"]))


def _returning(unit: str, start: int, end: int) -> _Hit | None:
    found = _CONNECTION.match(unit[end : end + _NEAR])
    if not found:
        return None
    value = end + found.end()
    stop = literal_end(unit, value)
    is_assertion = unit[:start].rstrip().endswith("assert")
    if stop is None or not ((is_assertion and unit.startswith(", ", stop)) or _is_settled(unit[stop : stop + _NEAR])):
        return None
    is_arrow = (found["arrow"] or "") in {"->", "→"}
    return _Hit(start, stop, Candidate(unit[start:end], unit[value:stop], "", is_arrow=is_arrow))


def _is_settled(rest: str, also: re.Pattern[str] = _AND) -> bool:
    """Say whether what follows a value leaves it as it is: the end, a new clause, a remark in brackets."""
    rest = rest.lstrip("`*")
    if rest[:1] in {")", "]"}:
        rest = rest[1:].lstrip("`*")
    if not rest.strip() or rest[0] == "\n":
        return True
    if rest[0] in ",;:.!":
        following = rest[1:].lstrip("`*")
        is_apart = not following or following[0].isspace()
        return is_apart and (rest[0] != "," or literal_end(following.strip(" `*"), 0) is None)
    if not rest[0].isspace():
        return False
    word = rest.lstrip(" \t`*")
    if word.startswith("("):
        return not _OTHER_VALUE.search(word.partition(")")[0])
    is_remark = word.startswith(("#", "//", "—", "–", "\n", "|")) and not _OTHER_VALUE.search(word.partition("\n")[0])
    return is_remark or bool(CALL.match(word)) or bool(also.match(word))


def _line_around(unit: str, start: int, end: int) -> str:
    first = unit.rfind("\n", 0, start) + 1
    last = unit.find("\n", end)
    return one_line(unit[first : last if last >= 0 else len(unit)])
