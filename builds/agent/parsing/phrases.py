"""Examples in running text: ``f(4) -> 'IV'``, ``f(4) should return 'IV'``, ``f(0) вызывает ValueError``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from builds.agent.parsing.candidates import CALL, Candidate, one_line
from builds.agent.parsing.doubts import (
    has_mode,
    has_sequence,
    is_conditional,
    is_doubtful,
    is_doubtful_heading,
    takes_back,
)
from builds.agent.parsing.literals import bracket_end, literal_end
from builds.agent.parsing.passages import Passage, read_passages, sentence_spans

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
_DEMAND = re.compile(
    r"[`*\s]*(?:should|must|shall|will|would|has to|needs to|должн[аоы]?|должен|верн[её]т)\b", re.IGNORECASE
)
_STATEMENT = re.compile(r"[-+]?\d|['\"\[{(]|[bBrRfFuU]['\"]|True\b|False\b|None\b|true\b|false\b|null\b")
_ONLY_PRINTS = re.compile(r"(?:print|console\.\w+|len|range|input|str|int|list|sorted|\w*(?:Error|Exception))\($")


@dataclass(frozen=True)
class _Hit:
    """A candidate and the part of the text that it takes up."""

    start: int
    end: int
    candidate: Candidate


def candidates_in_prose(lines: Iterable[str]) -> Iterator[Candidate]:
    """Yield what the lines show, without what is in doubt, or true in some cases or after other calls only."""
    is_under_doubt, is_tainted = False, False
    waiting: list[Candidate] = []
    for passage in read_passages(lines):
        is_tainted &= not passage.is_apart
        if not takes_back(passage.text[: sentence_spans(passage.text)[0][1]]):
            yield from waiting
        waiting = []
        reader = _PassageReader(passage, tuple(_hits(passage.text)), is_tainted=is_tainted)
        found = list(reader.candidates())
        is_tainted = reader.is_tainted
        if not reader.hits:
            is_under_doubt = passage.is_heading and is_doubtful_heading(passage.text)
        elif not is_under_doubt:
            waiting = found
    yield from waiting


class _PassageReader:
    """Judges the sentences of a passage by their words, the examples themselves left out."""

    def __init__(self, passage: Passage, hits: tuple[_Hit, ...], *, is_tainted: bool) -> None:
        self.passage = passage
        self.hits = hits
        self.is_tainted = is_tainted
        """Another call, or words such as "then", may have changed what the next calls return."""
        words = list(passage.text)
        for hit in hits:
            words[hit.start : hit.end] = "_" * (hit.end - hit.start)
        self.masked = "".join(words)

    def candidates(self) -> Iterator[Candidate]:
        spans = sentence_spans(self.masked)
        waiting = list(self.hits)
        statements = [call.start() for call in CALL.finditer(self.masked) if self._is_statement(call)]
        for (start, end), (after, after_end) in pairwise([*spans, (len(self.masked), len(self.masked))]):
            words = self.masked[start:end]
            of_sentence = [hit for hit in waiting if hit.end <= end]
            waiting = waiting[len(of_sentence) :]
            self.is_tainted |= has_sequence(words) or has_mode(words)
            is_lost = is_doubtful(words) or takes_back(self.masked[after:after_end])
            for hit, after_hit in zip(of_sentence, [*(hit.start for hit in of_sentence[1:]), end], strict=False):
                self.is_tainted |= bool(statements) and statements[0] < hit.start
                if (
                    not is_lost
                    and not self.is_tainted
                    and not is_conditional(self.masked[start : hit.start], self.masked[hit.end : after_hit])
                ):
                    yield replace(hit.candidate, line=self.passage.line + self.passage.text.count("\n", 0, hit.start))
        self.is_tainted |= bool(statements)

    def _is_statement(self, call: re.Match[str]) -> bool:
        """Say whether a call that is no example may change what later calls return."""
        end = bracket_end(self.masked, call.end() - 1)
        if end is None or _ONLY_PRINTS.fullmatch(call[0]):
            return False
        rest = self.masked[end : end + _NEAR]
        if _CONNECTION.match(rest) or _RAISES.match(rest):
            return False
        if _STATEMENT.match(self.masked, call.end()):
            return True
        line = self.masked[self.masked.rfind("\n", 0, call.start()) + 1 : call.start()].strip("` ")
        return end == call.end() + 1 and not rest.partition("\n")[0].strip("`;. ") and bool(_LINE_START.match(line))


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
    is_demanded = bool(_DEMAND.match(near))
    return _Hit(
        start, end + found.end(), Candidate(unit[start:end], "", "", 0, raises=found["name"], is_demanded=is_demanded)
    )


def _returning(unit: str, start: int, end: int) -> _Hit | None:
    found = _CONNECTION.match(unit[end : end + _NEAR])
    if not found:
        return None
    value = end + found.end()
    stop = literal_end(unit, value)
    is_assertion = unit[:start].rstrip().endswith("assert")
    if stop is None or not ((is_assertion and unit.startswith(", ", stop)) or _is_settled(unit[stop : stop + _NEAR])):
        return None
    candidate = Candidate(
        unit[start:end],
        unit[value:stop],
        "",
        0,
        is_arrow=found["arrow"] in {"->", "→"},
        is_equation=found["arrow"] == "=",
        is_demanded=is_assertion or bool(_DEMAND.match(found[0])),
    )
    return _Hit(start, stop, candidate)


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
