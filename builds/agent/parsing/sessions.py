"""Examples in interactive sessions: ``>>>`` with the value, or the traceback, on the lines below."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builds.agent.parsing.candidates import Candidate, one_line
from builds.agent.parsing.doubts import is_doubtful_lead, takes_back
from builds.agent.parsing.passages import paragraph_above, paragraph_below

_TRACEBACK = "Traceback (most recent call last)"
_ERROR = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")
_HARMLESS = re.compile(r"(?:from|import)\s|[A-Za-z_]\w*\s*=[^=]")


@dataclass(frozen=True)
class Statement:
    """What was typed at a prompt, what came out, and the lines that this took up."""

    source: str
    output: tuple[str, ...]
    first: int
    last: int


def read_sessions(lines: Sequence[str], language: str) -> list[Statement]:
    """Find the prompts and what stands below them; ``>`` is one too where Node's console shows it so."""
    prompts = (">>> ", "> ") if language in {"javascript", "typescript"} else (">>> ",)
    statements: list[Statement] = []
    at = 0
    while at < len(lines):
        prompt = next((prompt for prompt in prompts if lines[at].lstrip().startswith(prompt)), "")
        if prompt:
            statements.append(_read_statement(lines, at, prompt))
            at = statements[-1].last
        at += 1
    return statements


def candidates_in_sessions(lines: list[str], statements: Sequence[Statement]) -> Iterator[Candidate]:
    """Yield the calls with their results, up to the first statement that may have changed something.

    Words between two statements begin a new session, and a session below doubtful words shows nothing.
    """
    is_tainted = False
    is_lost = bool(statements) and is_doubtful_lead(paragraph_above(lines, statements[0].first))
    previous = -1
    for statement in statements:
        if any(line.strip() and not line.strip().startswith("```") for line in lines[previous + 1 : statement.first]):
            is_tainted = False
            is_lost = is_doubtful_lead(paragraph_above(lines, statement.first))
        previous = statement.last
        candidate = _candidate(statement)
        if candidate and not is_tainted and not is_lost and not takes_back(paragraph_below(lines, statement.last)):
            yield candidate
        is_tainted |= not statement.output and not _HARMLESS.match(statement.source)


def _read_statement(lines: Sequence[str], first: int, prompt: str) -> Statement:
    source = [lines[first].lstrip().removeprefix(prompt)]
    at = first + 1
    while at < len(lines) and lines[at].lstrip().startswith("..."):
        source.append(lines[at].lstrip().removeprefix("...").strip())
        at += 1
    output: list[str] = []
    while at < len(lines) and lines[at].strip() and not lines[at].lstrip().startswith((prompt, "```", '"""')):
        output.append(lines[at].strip())
        at += 1
    return Statement(" ".join(source).strip(), tuple(output), first, at - 1)


def _candidate(statement: Statement) -> Candidate | None:
    if not statement.output:
        return None
    expression = statement.source.rstrip(";").strip()
    source = one_line(f"{statement.source} {' '.join(statement.output[:1])}")
    if statement.output[0].startswith(_TRACEBACK):
        error = _ERROR.match(statement.output[-1])
        name = error[1].rsplit(".", 1)[-1] if error else ""
        source = one_line(f"{statement.source} {statement.output[-1]}")
        return Candidate(expression, "", source, statement.first, raises=name) if name else None
    return Candidate(expression, "\n".join(statement.output), source, statement.first)
