"""Small JavaScript and TypeScript projects for the toolchains to judge, and the reason where they can't be tried."""

import pytest

from builds.agent.values import Tree
from builds.toolchains.node import javascript_problem, typescript_problem

needs_node = pytest.mark.skipif(bool(javascript_problem()), reason=f"JavaScript: {javascript_problem()}")
needs_types = pytest.mark.skipif(bool(typescript_problem()), reason=f"TypeScript: {typescript_problem()}")

ROMAN = """\
const LETTERS = [[10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']];

export function toRoman(number) {
  if (number < 1) {
    throw new RangeError(`not a positive number: ${number}`);
  }
  let result = '';
  for (const [value, letters] of LETTERS) {
    while (number >= value) {
      result += letters;
      number -= value;
    }
  }
  return result;
}
"""
TESTS = """\
import assert from 'node:assert/strict';
import test from 'node:test';
import { toRoman } from './roman.js';

test('four', () => {
  assert.deepStrictEqual(toRoman(4), 'IV');
});

test('nine', async () => {
  await null;
  assert.equal(toRoman(9), 'IX');
});

test('zero', () => {
  assert.throws(() => toRoman(0), RangeError);
});
"""
HONEST = {"roman.js": ROMAN, "roman.test.js": TESTS}
TYPED_ROMAN = """\
import type { Letters } from './letters.ts';

interface Limits { readonly ниже: 1; "🐍"?: never }

const LETTERS = [[10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']] as const satisfies readonly Letters[];

export function toRoman(number: number): string;
export function toRoman(this: void, number: number, limits?: Limits): string {
  if (number < (limits!?.ниже ?? 1)) {
    throw new RangeError(`not a positive number: ${number}`);
  }
  let result: string = '';
  for (const [value, letters] of LETTERS as Iterable<Letters>) {
    while (number >= value) {
      result += letters as string;
      number -= value;
    }
  }
  return result;
}
"""
TYPED = {
    "roman.ts": TYPED_ROMAN,
    "letters.ts": "export type Letters = readonly [value: number, letters: string];\n",
    "roman.test.ts": TESTS.replace(".js'", ".ts'").replace("async () =>", "async (): Promise<void> =>"),
}
PASS = "import test from 'node:test';\ntest('ok', () => {});\n"


def written(body: str, imports: str = "") -> str:
    """Return a test file with the usual imports."""
    return f"import assert from 'node:assert/strict';\nimport test from 'node:test';\n{imports}\n{body}\n"


def as_typescript(tree: Tree) -> Tree:
    """Return a JavaScript project as TypeScript, which it is already but for the names."""
    return {
        path.removesuffix(".js") + ".ts" if path.endswith(".js") else path: text.replace(".js'", ".ts'")
        for path, text in tree.items()
    }
