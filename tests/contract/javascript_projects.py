"""Small JavaScript projects for the toolchain to judge, and the reason where it can't be tried."""

import pytest

from builds.toolchains.node import javascript_problem

needs_node = pytest.mark.skipif(bool(javascript_problem()), reason=f"JavaScript: {javascript_problem()}")

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
PASS = "import test from 'node:test';\ntest('ok', () => {});\n"


def written(body: str, imports: str = "") -> str:
    """Return a test file with the usual imports."""
    return f"import assert from 'node:assert/strict';\nimport test from 'node:test';\n{imports}\n{body}\n"
