"""Runs inside the sandbox: measures the files named on its command line, without running them."""

import io
import json
import math
import sys
import tokenize
from collections import Counter

import lizard

MAX_FUNCTIONS = 500
LAYOUT = (
    *(tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER),
)


def halstead_volume(source: bytes) -> float:
    """Return N·log2(n): the number of words in the program times the bits that one of them takes.

    Operators, keywords, names, numbers and strings are words; docstrings are comments.
    """
    words: Counter[str] = Counter()
    at_start = True
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type in LAYOUT:
            at_start = True
            continue
        if not (at_start and token.type == tokenize.STRING):
            words[token.string] += 1
        at_start = False
    return sum(words.values()) * math.log2(len(words)) if len(words) > 1 else 0.0


def lines_of_code(source: bytes) -> int:
    """Count the lines that hold more than blanks or a comment."""
    return sum(1 for line in source.splitlines() if line.strip() and not line.strip().startswith(b"#"))


def maintainability_index(volume: float, complexity: int, lines: int) -> float:
    """Return the classic index, scaled to 0-100: 171 - 5.2·ln V - 0.23·CC - 16.2·ln LOC."""
    raw = 171 - 5.2 * math.log(max(volume, 1)) - 0.23 * complexity - 16.2 * math.log(max(lines, 1))
    return max(0.0, min(100.0, raw * 100 / 171))


def measured(path: str) -> dict[str, object]:
    """Measure one file; one that is no Python gives its lines only."""
    with open(path, "rb") as file:
        source = file.read()
    lines = lines_of_code(source)
    try:
        compile(source, path, "exec", dont_inherit=True)
        volume = halstead_volume(source)
        functions = functions_of(path, source.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return {"file": path, "lines": lines, "index": None, "functions": []}
    complexity = sum(int(function["complexity"]) for function in functions) or 1
    index = maintainability_index(volume, complexity, lines)
    return {"file": path, "lines": lines, "index": round(index, 1), "functions": functions[:MAX_FUNCTIONS]}


def functions_of(path: str, text: str) -> list[dict[str, object]]:
    """Return each function's complexity, length and number of parameters."""
    found = lizard.analyze_file.analyze_source_code(path, text).function_list
    return [
        {
            "name": function.name[:100],
            "line": function.start_line,
            "complexity": function.cyclomatic_complexity,
            "length": function.nloc,
            "parameters": len(function.parameters),
        }
        for function in found
    ]


if __name__ == "__main__":
    print(json.dumps({"files": [measured(path) for path in sys.argv[1:]]}))
