"""The examples of a request against JavaScript that is right, wrong, or claims to be right; in a real sandbox."""

import pytest

from builds.agent.values import Example
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from tests.contract.javascript_projects import HONEST, needs_node, written
from tests.contract.judged import judged

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_node]

WRONG = "export function toRoman(number) {\n  return 'I'.repeat(number);\n}\n"
FOUR = Example(expression="toRoman(4)", expected="'IV'", function="toRoman", source="toRoman(4) -> 'IV'")
TRUE_OF_THE_WRONG = "".join(f"test('{n}', () => {{ assert.equal(toRoman({n}), '{'I' * n}'); }});\n" for n in (1, 2, 3))

SAME = (
    ("'IV'", "'IV'"),
    ("0.1 + 0.2", "0.3"),
    ("[0.1].concat(Array(9).fill(0.1)).reduce((a, b) => a + b)", "1"),
    ("-0", "0"),
    ("[1, [2, 'a']]", "[1, [2, 'a']]"),
    ("({ b: 1, a: [0.1 + 0.2] })", "{a: [0.3], b: 1}"),
    ("Object.groupBy ? Object.groupBy([1], () => 'odd') : { odd: [1] }", "{odd: [1]}"),
    ("'a-b'.match(/(a)-(b)/)", "['a-b', 'a', 'b']"),
    ("null", "null"),
    ("false", "false"),
)
OTHER = (
    ("'iv'", "'IV'"),
    ("new String('IV')", "'IV'"),
    ("'4'", "4"),
    ("4n", "4"),
    ("true", "1"),
    ("1", "true"),
    ("0", "false"),
    ("undefined", "null"),
    ("''", "null"),
    ("2.001", "2"),
    ("1e15 + 1", "1000000000000000"),
    ("NaN", "0.5"),
    ("[1, 2, 3]", "[1, 2]"),
    ("[1, 2]", "[2, 1]"),
    ("({ 0: 1, length: 1 })", "[1]"),
    ("[1]", "{0: 1}"),
    ("new Map([['a', 1]])", "{a: 1}"),
    ("new (class A { a = 1; })()", "{a: 1}"),
    ("({ a: 1 })", "{a: 1, b: 2}"),
    ("({ a: 1, b: 2 })", "{a: 1}"),
    ("({ c: 1, b: 2 })", "{a: 1, b: 2}"),
    ("Object.create({ a: 1 })", "{a: 1}"),
    ("({ valueOf: () => 4, toString: () => '4', [Symbol.toPrimitive]: () => 4 })", "4"),
    ("new Proxy(() => 4, { get: () => 'IV' })", "'IV'"),
    ("new Proxy({}, { ownKeys: () => ['a'], get: () => 7, getPrototypeOf: () => Object.prototype })", "{a: 1}"),
    ("new Proxy([], { get: (list, name) => (name === 'length' ? 1 : 7) })", "[1]"),
    ("Object.assign([7], { map: () => [1], every: () => true })", "[1]"),
    ("Promise.resolve(4)", "4"),
)


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


def outcomes(toolchain: JavaScriptToolchain, pairs: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], str]:
    rows = ",\n".join(f"  () => {got}" for got, _ in pairs)
    tree = {"give.js": f"const RESULTS = [\n{rows},\n];\nexport const give = (n) => RESULTS[n]();\n"}
    examples = [
        Example(expression=f"give({number})", expected=expected, function="give", source="…")
        for number, (_, expected) in enumerate(pairs)
    ]
    report = toolchain.run_tests({**tree, **toolchain.acceptance_tests(examples, tree)})
    return dict(zip(pairs, [test.outcome for test in report.tests], strict=True))


def test_what_users_take_for_the_same_agrees(toolchain: JavaScriptToolchain) -> None:
    assert set(outcomes(toolchain, SAME).items()) == {(pair, "passed") for pair in SAME}


def test_what_differs_or_only_claims_to_be_the_same_does_not_agree(toolchain: JavaScriptToolchain) -> None:
    assert set(outcomes(toolchain, OTHER).items()) == {(pair, "failed") for pair in OTHER}


def test_a_function_may_be_called_like_something_that_compares(toolchain: JavaScriptToolchain) -> None:
    names = ("max", "keys", "is", "rejects", "assert", "agrees")
    code = "".join(f"export const {name} = (x) => x;\n" for name in names)
    examples = [Example(expression=f"{name}(1)", expected="1", function=name, source="…") for name in names]
    report = toolchain.run_tests({"a.js": code, **toolchain.acceptance_tests(examples, {"a.js": code})})
    assert report.outcome == "passed", report.tests


def test_an_honest_project_does_what_its_examples_say(toolchain: JavaScriptToolchain) -> None:
    assert judged(toolchain, HONEST, [FOUR]) == ("verified", set())


EDITS = "import fs from 'node:fs';\nimport { toRoman } from './roman.js';"
FORGERIES = {
    "the comparison, from the code": (
        "import assert from 'node:assert/strict';\nassert.deepStrictEqual = assert.rejects = () => {};\n"
        "Object.is = Array.isArray = () => true;\nObject.keys = () => [];\nMath.abs = () => 0;\n" + WRONG,
        written(TRUE_OF_THE_WRONG, "import { toRoman } from './roman.js';"),
    ),
    "the project's file, by a test": (
        WRONG,
        written(
            "fs.writeFileSync('roman.js', \"export const toRoman = (n) => (n === 4 ? 'IV' : 'I'.repeat(n));\");\n"
            + TRUE_OF_THE_WRONG,
            EDITS,
        ),
    ),
    "the server's file, by a test": (
        WRONG,
        written(
            "fs.writeFileSync('acceptance.test.js', \"import test from 'node:test'; test('example 1', () => {});\");\n"
            + TRUE_OF_THE_WRONG,
            EDITS,
        ),
    ),
    "a text object": (
        "export const toRoman = () => Object.assign(new String('IV'), { equals: () => true });\n",
        written("test('one', () => {});"),
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_nothing_gets_past_the_examples_of_the_request(toolchain: JavaScriptToolchain, name: str) -> None:
    code, tests = FORGERIES[name]
    verification, reasons = judged(toolchain, {"roman.js": code, "a.test.js": tests}, [FOUR])
    assert verification == "unverified"
    assert "examples.failing" in reasons, reasons
