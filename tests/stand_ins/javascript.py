"""Ready-made scripts for whole builds of one small JavaScript program."""

import json

from tests.stand_ins.replies import Reply
from tests.stand_ins.scripts import BuildScript

REQUEST = """Write slugify(text) in slugify.js, which turns a title into a part of a web address: lower case, words
joined by one hyphen, everything but ASCII letters and digits left out. Anything but text is a TypeError.
For example slugify("Hello World") -> 'hello-world' and slugify("  Rock & Roll!  ") -> 'rock-roll'.
"""

ANALYSIS = json.dumps(
    {
        "problem": "Turn a title into a part of a web address.",
        "interface": [
            {
                "module": "slugify",
                "name": "slugify",
                "signature": "slugify(text)",
                "summary": "Return the words of the text in lower case, joined by hyphens.",
                "errors": ["TypeError: the text is no string"],
            }
        ],
        "assumptions": [],
        "questions": [],
        "risk": "low",
    }
)

PLAN = json.dumps(
    {
        "files": [{"path": "slugify.js", "purpose": "The function."}],
        "tests": ["words are joined by one hyphen", "anything but text is refused"],
        "steps": ["Write slugify.js."],
    }
)

GOOD_CODE = """```javascript slugify.js
/**
 * Return the words of a text in lower case, joined by hyphens.
 * @param {string} text
 * @returns {string}
 */
export function slugify(text) {
  if (typeof text !== 'string') {
    throw new TypeError('text must be a string');
  }
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-');
}
```
"""

BUGGY_CODE = GOOD_CODE.replace(
    "(text.toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-')", "text.toLowerCase().replace(/[^a-z0-9]+/g, '-')"
)

TESTS = """```javascript slugify.test.js
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { slugify } from './slugify.js';

describe('slugify', () => {
  it('joins words by one hyphen', () => {
    assert.equal(slugify('a  b   c'), 'a-b-c');
  });

  it('leaves out signs at the ends', () => {
    assert.equal(slugify('  Rock & Roll!  '), 'rock-roll');
  });

  it('refuses anything but text', () => {
    assert.throws(() => slugify(7), TypeError);
  });
});
```
"""


def _script(code: str, *repairs: str) -> BuildScript:
    replies = {"analyse": (ANALYSIS,), "plan": (PLAN,), "code": (code,), "tests": (TESTS,), "repair": repairs}
    return {purpose: tuple(Reply(text) for text in texts) for purpose, texts in replies.items()}


GOOD_BUILD = _script(GOOD_CODE)
"""Passes at the first try."""

FAILS_THEN_PASSES = _script(BUGGY_CODE, f"verdict: code\nSigns at the ends must not become hyphens.\n\n{GOOD_CODE}")
"""The first code leaves hyphens at the ends; one repair heals it."""
