"""Negative control, acceptance tests and analysis of JavaScript, in a real sandbox."""

import pytest

from builds.agent.examples import find_examples
from builds.agent.values import SandboxLimits
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from tests.contract.javascript_projects import HONEST, ROMAN, TESTS, needs_node, written

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_node]


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def hasty() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox(), SandboxLimits(wall_seconds=8.0, cpu_seconds=10))


def test_honest_tests_hold_against_stubs(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.negative_control(HONEST)
    assert (report.outcome, report.reason, report.insensitive) == ("held", "", ())
    assert report.sensitivity_percent == 100.0


WITH_A_THREAD = """\
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
export function sum(numbers) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: numbers });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}
if (!isMainThread) parentPort.postMessage(workerData.reduce((a, b) => a + b, 0));
"""
TESTS_OF_A_THREAD = """\
import test from 'node:test';
import assert from 'node:assert/strict';
import { sum } from './sum.js';
test('some', async () => { assert.equal(await sum([1, 2, 3]), 6); });
test('none', async () => { assert.equal(await sum([]), 0); });
"""


def test_code_that_works_in_threads_holds_too(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.negative_control({"sum.js": WITH_A_THREAD, "sum.test.js": TESTS_OF_A_THREAD})
    assert (report.outcome, report.reason, report.sensitivity_percent) == ("held", "", 100.0)


def test_tests_that_do_not_look_are_found_out(toolchain: JavaScriptToolchain) -> None:
    blind = "test('blind', () => { try { toRoman(4); } catch { } });\ntest('true', () => { assert.ok(true); });\n"
    report = toolchain.negative_control({**HONEST, "roman.test.js": TESTS + blind})
    assert (report.outcome, report.reason) == ("failed", "control.insensitive_tests")
    assert report.insensitive == ("roman.test.js::blind", "roman.test.js::true")
    assert report.sensitivity_percent == 60.0


@pytest.mark.parametrize(
    "code",
    [
        "export function used() { return 1; }\nexport function forgotten() { return 2; }\n",
        "export const used = () => 1, forgotten = () => ({ a: 2 });\n",
        "const used = () => 1;\nfunction forgotten() { return 2; }\nexport { used, forgotten };\n",
        "export { used };\nfunction used() { return 1; }\nexport default function forgotten() { return 2; }\n",
        "exports.used = () => 1;\nexports.forgotten = function () { return 2; };\n",
    ],
)
def test_an_exported_function_that_no_test_runs_is_named(toolchain: JavaScriptToolchain, code: str) -> None:
    private = "function _private() { return 3; }\nfunction inner() { return 4; }\n"
    body = "test('used', () => { assert.equal(used(), 1); });"
    test = written(body, "import { used } from './a.js';")
    report = toolchain.negative_control({"a.js": code + private, "a.test.js": test})
    assert (report.outcome, report.reason) == ("failed", "control.uncovered_functions")
    assert report.uncovered_functions == ("a.forgotten",)


def test_classes_are_judged_method_by_method(toolchain: JavaScriptToolchain) -> None:
    code = """
class Base { constructor(size) { this.size = size; } }
export class Stack extends Base {
  #items = [];
  constructor() { super(3); }
  push(item) { this.#grow(item); return this; }
  get length() { return this.#items.length; }
  static of(...items) { const made = new Stack(); for (const item of items) made.push(item); return made; }
  *[Symbol.iterator]() { yield* this.#items; }
  clear() { this.#items = []; }
  #grow(item) { this.#items.push(item); }
}
"""
    body = """
let stack;
import { beforeEach } from 'node:test';
beforeEach(() => { stack = Stack.of(1, 2); });
test('length', () => { assert.equal(stack.length, 2); });
test('items', () => { assert.deepEqual([...stack], [1, 2]); });
"""
    test = written(body, "import { Stack } from './stack.js';")
    report = toolchain.negative_control({"stack.js": code, "stack.test.js": test})
    assert report.uncovered_functions == ("stack.Stack.clear",)
    assert report.sensitivity_percent == 100.0


def test_a_module_that_computes_at_import_is_judged_by_its_tests(toolchain: JavaScriptToolchain) -> None:
    code = (
        "function square(n) { return n * n; }\nconst TABLE = [1, 2].map(square);\nexport const at = (n) => TABLE[n];\n"
    )
    test = written("test('at', () => { assert.equal(at(1), 4); });", "import { at } from './a.js';")
    assert toolchain.negative_control({"a.js": code, "a.test.js": test}).outcome == "held"


def test_tests_whose_assertions_can_not_fail_are_found_out(toolchain: JavaScriptToolchain) -> None:
    body = "test('a', () => { double(2); });\ntest('b', () => { assert.ok(double(3) !== 5); });"
    code = "export function double(x) { return 7; }\n"
    report = toolchain.negative_control({"a.js": code, "a.test.js": written(body, "import { double } from './a.js';")})
    assert (report.outcome, report.reason) == ("failed", "control.insensitive_tests")


def test_tests_that_hold_whatever_is_returned_are_not_enough(toolchain: JavaScriptToolchain) -> None:
    body = "test('a', () => { assert.doesNotThrow(() => double(2)); });\ntest('b', () => { double(1); });"
    code = "export function double(x) { return 2 * x; }\n"
    report = toolchain.negative_control({"a.js": code, "a.test.js": written(body, "import { double } from './a.js';")})
    assert (report.outcome, report.reason, report.sensitivity_percent) == ("failed", "control.insensitive_tests", 0.0)
    assert all(noticed.raising for noticed in report.by_test.values())


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"a.js": "export const x = 1;\n", "a.test.js": written("test('a', () => {});")}, "control.no_functions"),
        ({**HONEST, "roman.test.js": "for (;;) {}\n"}, "control.timeout"),
        ({**HONEST, "roman.test.js": "process.exit(0);\n"}, "control.no_record"),
        ({**HONEST, "a.test.js": written("test('a', () => assert.fail());")}, "control.tests_failed"),
        ({"roman.js": ROMAN, "a.test.js": written("test('a', () => assert.fail());")}, "control.no_passing_tests"),
    ],
)
def test_a_control_that_says_nothing_is_inconclusive(
    hasty: JavaScriptToolchain, tree: dict[str, str], reason: str
) -> None:
    report = hasty.negative_control(tree)
    assert (report.outcome, report.reason) == ("inconclusive", reason)


def test_the_requests_examples_run_as_tests(toolchain: JavaScriptToolchain) -> None:
    request = (
        "Roman numerals in roman.js: toRoman(4) === 'IV', toRoman(9) returns 'IX' and toRoman(0) throws RangeError.\n"
        "half(1) === 0.5 and\nparts({a: 1}) === ['a', 0]\n"
    )
    examples = find_examples(request, language="javascript")
    more = "export const half = (n) => n / 2;\nexport default function parts(o) { return [...Object.keys(o), -0]; }\n"
    tree = {"roman.js": ROMAN, "src/more.js": more}
    acceptance = toolchain.acceptance_tests(examples, tree)
    report = toolchain.run_tests({**tree, **acceptance})
    assert report.outcome == "passed", report.tests
    assert len(report.tests) == len(examples) >= 4
    wrong = toolchain.run_tests({**tree, **acceptance, "roman.js": ROMAN.replace("'IV'", "'IIII'")})
    assert [test.outcome for test in wrong.tests].count("failed") == 1


def test_an_analysis_gives_scores_and_remarks(toolchain: JavaScriptToolchain) -> None:
    bad = """
import { execSync } from 'node:child_process';
export function run(command, a, b, c, d, e, f) {
  var unused = 1;
  if (command == 'x') { eval(command); }
  return execSync(command);
}
"""
    report = toolchain.analyse({"bad.js": bad, "bad.test.js": "eval('1');\n"}, coverage_percent=50.0)
    assert report.tools_failed == {}
    assert {finding.file for finding in (*report.security_issues, *report.code_smells)} == {"bad.js"}
    assert {finding.rule for finding in report.security_issues} == {
        "security/eval",
        "security/child-process",
        "security/shell",
    }
    assert {"no-var", "no-unused-vars", "eqeqeq", "size-parameters"} <= {finding.rule for finding in report.code_smells}
    assert report.security_score == 0.0
    assert report.quality_score is not None
    assert report.quality_score < 10
    assert report.cyclomatic_complexity == 2.0
    assert report.lines_of_code == 6
    assert [finding.rule for finding in report.recommendations] == ["coverage"]
    assert set(report.tools) == {"eslint", "node"}


def test_good_code_gets_good_scores(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.analyse(HONEST, coverage_percent=100.0)
    assert report.security_score == 10.0
    assert report.quality_score is not None
    assert report.quality_score >= 9.5
    assert report.maintainability_index is not None
    assert report.maintainability_index > 50


@pytest.mark.parametrize(
    "planted",
    [
        {"eslint.config.js": "export default [{ rules: {} }];\n"},
        {"package.json": '{"eslintConfig": {"rules": {"no-var": "off"}}}'},
        {".eslintignore": "bad.js\n"},
    ],
    ids=lambda planted: next(iter(planted)),
)
def test_configuration_of_the_project_does_not_quieten_eslint(
    toolchain: JavaScriptToolchain, planted: dict[str, str]
) -> None:
    bad = "/* eslint-disable */\nvar x = eval('1'); // eslint-disable-line\nexport default x;\n"
    visible = {path: text for path, text in planted.items() if not path.startswith(".")}
    report = toolchain.analyse({"bad.js": bad, **visible}, coverage_percent=None)
    assert [finding.rule for finding in report.security_issues] == ["security/eval"]
    assert "no-var" in {finding.rule for finding in report.code_smells}


def test_code_that_is_no_javascript_has_no_security_score(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.analyse({"a.js": "export function (\n", "b.js": "eval('1');\n"}, coverage_percent=None)
    assert (report.quality_score, report.security_score, report.maintainability_index) == (0.0, None, None)
    assert report.tools_failed == {"security": "unreadable_file"}


def test_a_project_without_code_has_no_scores(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.analyse({"a.test.js": "1;\n"}, coverage_percent=None)
    assert report.quality_score is None
    assert set(report.tools_failed.values()) == {"no_code"}
