"""The request's own examples, which become acceptance tests: only what is certain, for a wrong one fails right code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builds.agent.parsing.candidates import Candidate
from builds.agent.parsing.doubts import is_doubtful_lead, is_repair, takes_back
from builds.agent.parsing.javascript_literals import JAVASCRIPT
from builds.agent.parsing.literals import MAX_LENGTH, Call, Grammar
from builds.agent.parsing.notation import Introductions
from builds.agent.parsing.passages import paragraph_above, paragraph_below
from builds.agent.parsing.phrases import candidates_in_prose
from builds.agent.parsing.python_literals import PYTHON
from builds.agent.parsing.repeatability import Surroundings
from builds.agent.parsing.rounding import is_as_asked
from builds.agent.parsing.sessions import candidates_in_sessions, read_sessions
from builds.agent.parsing.tables import candidates_in_table, read_tables, sole_signature
from builds.agent.values import Example

MAX_REQUIREMENTS = 20_000
MAX_EXAMPLES = 50

_GRAMMARS = {"python": PYTHON, "javascript": JAVASCRIPT, "typescript": JAVASCRIPT}


def find_examples(requirements: str, *, language: str) -> tuple[Example, ...]:
    """Return the calls that a request shows with their results, in its order, each once, at most fifty.

    Sessions come first, then tables, then sentences. Calls that the request gives two different results for are left
    out, and so is everything in a sentence that denies, doubts or asks. Only the first 20 000 characters are read.
    """
    grammar = _GRAMMARS.get(language)
    if not grammar:
        return ()
    text = requirements[:MAX_REQUIREMENTS].replace("\r\n", "\n")
    judge = _Judge(grammar, text)
    found: dict[str, dict[str, Example]] = {}
    for candidate in _candidates(text, language, grammar):
        if judged := judge.judge(candidate):
            found.setdefault(judged.call, {}).setdefault(judged.outcome, judged.example)
    certain = [example for outcomes in found.values() if len(outcomes) == 1 for example in outcomes.values()]
    return tuple(certain[:MAX_EXAMPLES])


def still_true(
    earlier: Sequence[Example], found: Sequence[Example], *, language: str
) -> tuple[list[Example], list[Example]]:
    """Return which examples of earlier requests stay, and which a newer request replaces by another result.

    The same call twice with the same result is in neither.
    """
    grammar = _GRAMMARS[language]
    new = dict(_keys(example, grammar) for example in found)
    kept, replaced = [], []
    for example in earlier:
        call, outcome = _keys(example, grammar)
        if call not in new:
            kept.append(example)
        elif outcome != new[call]:
            replaced.append(example)
    return kept, replaced


def _keys(example: Example, grammar: Grammar) -> tuple[str, str]:
    call, value = grammar.read_call(example.expression), grammar.read_value(example.expected)
    outcome = f"raises {example.raises}" if example.raises else value.key if value else example.expected
    return call.key if call else example.expression, outcome


def _candidates(text: str, language: str, grammar: Grammar) -> Iterator[Candidate]:
    lines = text.split("\n")
    statements = read_sessions(lines, language)
    tables = read_tables(lines)
    yield from candidates_in_sessions(lines, statements)
    sole = sole_signature(text, grammar.is_own_function)
    for table in tables:
        if is_doubtful_lead(paragraph_above(lines, table.first)) or takes_back(paragraph_below(lines, table.last)):
            continue
        yield from candidates_in_table(table, sole=sole, count=lambda given: _count(given, grammar))
    spans = [*((part.first, part.last) for part in statements), *((part.first, part.last) for part in tables)]
    taken = {at for first, last in spans for at in range(first, last + 1)}
    yield from candidates_in_prose("" if at in taken else line for at, line in enumerate(lines))


def _count(given: str, grammar: Grammar) -> int:
    """Count the literals in a cell of arguments; 0 when it holds anything else."""
    call = grammar.read_call(f"f({given})")
    return call.arguments if call else 0


@dataclass(frozen=True)
class _Judged:
    """A certain example; the keys are equal for equal calls and equal outcomes."""

    call: str
    outcome: str
    example: Example


class _Judge:
    """Decides whether a candidate is certain."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self.grammar = grammar
        self.text = text
        self.lines = text.split("\n")
        self.is_repair = is_repair(text)
        self.introductions = Introductions(text)
        self.surroundings = Surroundings(text, is_repair=self.is_repair)

    def judge(self, candidate: Candidate) -> _Judged | None:
        if max(len(candidate.expression), len(candidate.expected)) > MAX_LENGTH:
            return None
        call = self.grammar.read_call(candidate.expression)
        if not call or not self._is_certain(candidate, call):
            return None
        outcome = self._outcome(candidate, call)
        if not outcome:
            return None
        example = Example(
            expression=candidate.expression.strip(),
            expected=candidate.expected.strip(),
            raises=candidate.raises,
            function=call.function,
            source=candidate.source,
        )
        return _Judged(call.key, outcome, example)

    def _is_certain(self, candidate: Candidate, call: Call) -> bool:
        # Where something is broken, what a call gives may be what is wrong; only what it should give is certain.
        if self.is_repair and not candidate.is_demanded:
            return False
        name = call.function.rsplit(".", 1)[-1]
        is_function = self.introductions.is_function(name, is_equation=candidate.is_equation)
        return (
            is_function
            and self._is_own(call)
            and self.surroundings.is_repeatable(call, candidate.expression, candidate.expected, candidate.raises)
        )

    def _outcome(self, candidate: Candidate, call: Call) -> str:
        if candidate.raises:
            return f"raises {candidate.raises}" if self.grammar.is_exception(candidate.raises) else ""
        value = self.grammar.read_value(candidate.expected)
        if not value or not is_as_asked(value, self.lines, candidate.line):
            return ""
        # ``main() -> None`` and ``save(path='x') -> None`` are signatures.
        is_signature = candidate.is_arrow and value.key == "None" and not call.positional
        return "" if is_signature else value.key

    def _is_own(self, call: Call) -> bool:
        """Say whether the project defines the function; a dotted name must begin with a module of the request."""
        root, dot, _ = call.function.partition(".")
        if not self.grammar.is_own_function(root):
            return False
        return not dot or (call.arguments > 0 and self._is_module(root))

    def _is_module(self, name: str) -> bool:
        quoted = re.escape(name)
        introduced = rf"\b(?:import|from|module|модул\w*) [`*]{{0,3}}{quoted}\b"
        named = rf"\b{quoted}\.(?:py|js|mjs|ts|mts)\b|{introduced}|\b{quoted}`? module\b"
        return bool(re.search(named, self.text))
