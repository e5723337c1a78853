"""Writes the request's own examples as tests; no model has a hand in them.

What the user wrote goes into the source only as a string literal, or as a call and a literal that the strict grammar of
``builds.agent.parsing`` has read.
"""

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from builds.agent.errors import AgentError
from builds.agent.parsing.javascript_literals import JAVASCRIPT
from builds.agent.values import Example, Tree
from builds.toolchains.javascript.layout import Layout

FILE = "acceptance.test"
FALLBACK_FILE = "main"
UNTYPED = "// @ts-nocheck\n"
"""For editors: a request may show calls that its own types forbid."""
MAX_WORDS = 300
HEADER = """\
// The examples of the request, word for word; written by the server, not by a model.

import assert from 'node:assert/strict';
import test from 'node:test';

// Taken before code of the project is imported, inside of a test, and could change them.
const { AssertionError, deepStrictEqual, rejects: _rejects } = assert;
const { getOwnPropertyDescriptor, getPrototypeOf, is, keys, prototype } = Object;
const { isArray } = Array;
const { isInteger } = Number;
const { abs, max } = Math;
"""
COMPARISON = """
/** Fail unless a result is what the request says. */
function _mustGive(got, expected) {
  if (_agrees(got, expected)) return;
  deepStrictEqual(got, expected); // says what differs
  throw new AssertionError({ actual: got, expected, operator: 'deepStrictEqual' });
}

/**
 * Say whether a result is what the request says: the same type, the same items in their order, the same keys.
 *
 * Numbers may differ by rounding, and -0 is 0. An instance of a class is no plain object.
 */
function _agrees(got, expected) {
  if (typeof expected === 'number') return typeof got === 'number' && _isNear(got, expected);
  if (typeof expected !== 'object' || expected === null) return is(got, expected);
  if (typeof got !== 'object' || got === null || isArray(got) !== isArray(expected)) return false;
  const base = getPrototypeOf(got);
  if (!isArray(got) && base !== prototype && base !== null) return false;
  const names = keys(expected);
  if (isArray(got) ? got.length !== expected.length : keys(got).length !== names.length) return false;
  for (let at = 0; at < names.length; at += 1) {
    const own = getOwnPropertyDescriptor(got, names[at]);
    if (own === undefined || !_agrees(got[names[at]], expected[names[at]])) return false;
  }
  return true;
}

/** Compare whole numbers exactly; others to nine digits, or to six where the request has a fraction. */
function _isNear(got, expected) {
  if (isInteger(got) && isInteger(expected)) return got === expected;
  return abs(got - expected) <= max((isInteger(expected) ? 1e-9 : 1e-6) * abs(expected), 1e-12);
}
"""

THROWS = """
/** Say whether something thrown bears a name, itself or through what it extends. */
function _isNamed(thrown, name) {
  const names = [thrown?.name];
  for (let each = thrown; each !== null && each !== undefined; each = getPrototypeOf(each)) {
    names[names.length] = each.constructor?.name;
  }
  for (let at = 0; at < names.length; at += 1) if (names[at] === name) return true;
  return false;
}
"""


def acceptance_tests(examples: Sequence[Example], tree: Tree, layout: Layout) -> dict[str, str]:
    """Return one file with a test for each example; nothing without examples.

    :raises AgentError: ``toolchain.example`` for an example that is no call or no literal.
    """
    if not examples:
        return {}
    ending = layout.endings[0]
    code = {path: tree[path] for path in layout.code_files(tree)} or {f"{FALLBACK_FILE}{ending}": ""}
    source = "\n".join(_test(number, example, code) for number, example in enumerate(examples, start=1))
    header = HEADER if layout.language == "javascript" else f"{UNTYPED}{HEADER}"
    return {f"{FILE}{ending}": f"{header}{COMPARISON}{THROWS}\n{source}"}


def _test(number: int, example: Example, code: Tree) -> str:
    call = JAVASCRIPT.read_call(example.expression)
    if call is None:
        raise AgentError("toolchain.example", expression=example.expression[:MAX_WORDS])
    lines = [
        f"test({json.dumps(f'example {number}')}, async () => {{",
        f"  void {json.dumps(example.source[:MAX_WORDS])};",
        f"  {_import(call.function.split('.', 1)[0], code)}",
        *(f"  {line}" for line in _check(example)),
        "});",
    ]
    return "\n".join(lines) + "\n"


def _check(example: Example) -> list[str]:
    expression = example.expression.strip()
    if example.raises:
        if not JAVASCRIPT.is_exception(example.raises):
            raise AgentError("toolchain.example", expression=example.raises[:MAX_WORDS])
        name = json.dumps(example.raises)
        return [f"await _rejects(async () => {expression}, (thrown) => _isNamed(thrown, {name}));"]
    if JAVASCRIPT.read_value(example.expected) is None:
        raise AgentError("toolchain.example", expression=example.expected[:MAX_WORDS])
    return [f"_mustGive({expression}, {example.expected.strip()});"]


def _import(name: str, code: Tree) -> str:
    """Import what a call begins with: something that a module exports, or a module itself, all of it."""
    path, exported = _exporter(name, code)
    if path:
        binding = name if exported == name else f"{exported}: {name}"
        return f"const {{ {binding} }} = await import({json.dumps(f'./{path}')});"
    modules = [path for path in code if PurePosixPath(path).stem == name]
    if modules:
        return f"const {name} = await import({json.dumps(f'./{min(modules, key=_nearness)}')});"
    return f"const {{ {name} }} = await import({json.dumps(f'./{min(code, key=_nearness)}')});"


def _exporter(name: str, code: Tree) -> tuple[str, str]:
    """Return the module that exports a name, and under which name: the shallowest, then the shortest path."""
    for pattern, exported in ((_named(name), name), (_default(name), "default")):
        paths = [path for path, text in code.items() if pattern.search(text)]
        if paths:
            return min(paths, key=_nearness), exported
    return "", ""


def _named(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(
        rf"^export (?:async )?(?:function\*? ?|(?:abstract )?class |const |let |var ){word}(?![\w$])"
        rf"|^export \{{[^}}]{{0,2000}}(?<![\w$]){word}\s*[,}}]"
        rf"|^(?:module\.)?exports\.{word}\s*="
        rf"|^module\.exports\s*=\s*\{{[^}}]{{0,2000}}(?<![\w$]){word}(?![\w$])",
        re.MULTILINE,
    )


def _default(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(
        rf"^export default (?:(?:async )?function\*? ?|(?:abstract )?class )?{word}(?![\w$])"
        rf"|^module\.exports\s*=\s*{word}(?![\w$])",
        re.MULTILINE,
    )


def _nearness(path: str) -> tuple[int, int, str]:
    return path.removeprefix("src/").count("/"), len(path), path
