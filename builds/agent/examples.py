"""The request's own examples, which become acceptance tests: only what is certain, for a wrong one fails right code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from builds.agent.parsing.candidates import Candidate
from builds.agent.parsing.javascript_literals import JAVASCRIPT
from builds.agent.parsing.literals import MAX_LENGTH, Call, Grammar, is_exact
from builds.agent.parsing.phrases import candidates_in_prose
from builds.agent.parsing.python_literals import PYTHON
from builds.agent.parsing.sessions import candidates_in_sessions, read_sessions
from builds.agent.parsing.tables import candidates_in_table, read_tables, sole_signature
from builds.agent.values import Example

MAX_REQUIREMENTS = 20_000
MAX_EXAMPLES = 50

_GRAMMARS = {"python": PYTHON, "javascript": JAVASCRIPT}
_BIG_O = "O"
_ROUNDING = re.compile(r"\b(?:round\w*|decimals?|decimal places|precision|округл\w*|знак\w*)\b", re.IGNORECASE)


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


def _candidates(text: str, language: str, grammar: Grammar) -> Iterator[Candidate]:
    lines = text.split("\n")
    statements = read_sessions(lines, language)
    tables = read_tables(lines)
    yield from candidates_in_sessions(lines, statements)
    sole = sole_signature(text, grammar.is_own_function)
    for table in tables:
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
        self.is_rounded = bool(_ROUNDING.search(text))

    def judge(self, candidate: Candidate) -> _Judged | None:
        if max(len(candidate.expression), len(candidate.expected)) > MAX_LENGTH:
            return None
        call = self.grammar.read_call(candidate.expression)
        outcome = self._outcome(candidate, call) if call and self._is_own(call) else ""
        if not call or not outcome:
            return None
        example = Example(
            expression=candidate.expression.strip(),
            expected=candidate.expected.strip(),
            raises=candidate.raises,
            function=call.function,
            source=candidate.source,
        )
        return _Judged(call.key, outcome, example)

    def _outcome(self, candidate: Candidate, call: Call) -> str:
        if candidate.raises:
            return f"raises {candidate.raises}" if self.grammar.is_exception(candidate.raises) else ""
        value = self.grammar.read_value(candidate.expected)
        if not value or not is_exact(value, is_rounded=self.is_rounded or candidate.is_copied):
            return ""
        # ``main() -> None`` and ``save(path='x') -> None`` are signatures.
        is_signature = candidate.is_arrow and value.key == "None" and not call.positional
        return "" if is_signature else value.key

    def _is_own(self, call: Call) -> bool:
        """Say whether the project defines the function; a dotted name must begin with a module of the request."""
        root, dot, _ = call.function.partition(".")
        if root == _BIG_O or not self.grammar.is_own_function(root):
            return False
        return not dot or (call.arguments > 0 and self._is_module(root))

    def _is_module(self, name: str) -> bool:
        quoted = re.escape(name)
        introduced = rf"\b(?:import|from|module|модул\w*) [`*]{{0,3}}{quoted}\b"
        named = rf"\b{quoted}\.(?:py|js|mjs)\b|{introduced}|\b{quoted}`? module\b"
        return bool(re.search(named, self.text))
