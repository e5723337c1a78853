"""What the JavaScript toolchain promises, tried in a real sandbox with ordinary projects."""

import threading
import time

import pytest

from builds.agent.errors import Cancelled
from builds.agent.values import SandboxLimits
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from builds.toolchains.registry import toolchain_for
from tests.contract.javascript_projects import HONEST, PASS, ROMAN, needs_node, written
from tests.contract.projects import outcomes

pytestmark = [pytest.mark.sandbox, needs_node]


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


def test_an_honest_project_passes_with_all_that_proves_it(toolchain: JavaScriptToolchain) -> None:
    shown: list[str] = []
    report = toolchain.run_tests(HONEST, on_output=shown.append)
    assert (report.outcome, report.reason, report.exit_code) == ("passed", "", 0)
    assert [test.id for test in report.tests] == [f"roman.test.js::{name}" for name in ("four", "nine", "zero")]
    assert shown[0] == "roman.test.js::four PASSED\n"
    assert all(test.duration_seconds > 0 for test in report.tests)
    assert report.coverage["roman.js"].statements == report.coverage["roman.js"].covered == 9
    assert report.coverage_percent == 100.0
    assert set(report.tools) == {"node", "sandbox"}
    assert report.command == ("node", "--test", "roman.test.js")


def test_a_failure_tells_what_was_expected_and_where(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.run_tests({**HONEST, "roman.js": ROMAN.replace("[4, 'IV'], ", "")})
    failure = report.tests[0]
    assert (report.outcome, failure.outcome) == ("failed", "failed")
    assert failure.message == "AssertionError: expected 'IV', got 'IIII'"
    assert 'File "roman.test.js", line 6, in' in failure.traceback
    assert "/work" not in failure.traceback + failure.message


def test_only_frames_of_the_project_are_shown_innermost_last(toolchain: JavaScriptToolchain) -> None:
    code = "export function load(text) {\n  return JSON.parse(text);\n}\n"
    test = written("test('load', () => { load('{'); });", "import { load } from './loader.js';")
    failure = toolchain.run_tests({"loader.js": code, "loader.test.js": test}).tests[0]
    assert failure.message.startswith("SyntaxError: ")
    assert failure.traceback.splitlines()[-2:] == ['File "loader.js", line 2, in load', "    return JSON.parse(text);"]
    assert "node:" not in failure.traceback


def test_lines_that_no_test_runs_are_listed(toolchain: JavaScriptToolchain) -> None:
    code = "export function f(x) {\n  if (x) {\n    return 1;\n  }\n  return 2;\n}\n"
    test = written("test('f', () => { assert.equal(f(0), 2); });", "import { f } from './a.js';")
    report = toolchain.run_tests({"a.js": code, "unused.js": "export const x = 1;\n", "a.test.js": test})
    assert report.coverage["a.js"].missing == (3,)
    assert report.coverage["unused.js"].covered == 0
    assert report.coverage_percent == 50.0


@pytest.mark.parametrize(
    "tree",
    [
        {"src/core.js": "export const ONE = 1;", "test/core.js": "../src/core.js"},
        {"core.mjs": "export const ONE = 1;", "core.test.mjs": "./core.mjs"},
        {"package.json": '{"type": "module"}', "lib/core.js": "export const ONE = 1;", "core_test.js": "./lib/core.js"},
        {"core.cjs": "exports.ONE = 1;", "test-core.js": "./core.cjs"},
    ],
    ids=["src", "mjs", "package.json", "CommonJS"],
)
def test_common_layouts_can_be_imported(toolchain: JavaScriptToolchain, tree: dict[str, str]) -> None:
    path, module = list(tree.items())[-1]
    test = written("test('one', () => { assert.equal(ONE, 1); });", f"import {{ ONE }} from '{module}';")
    report = toolchain.run_tests({**tree, path: test})
    assert report.outcome == "passed", report


def test_suites_subtests_and_hooks_are_counted(toolchain: JavaScriptToolchain) -> None:
    body = """
import { describe, it, before } from 'node:test';
describe('outer', () => {
  it('one', () => {});
  describe('inner', () => { it('two', async (t) => { await t.test('three', () => {}); }); });
});
describe('broken', () => { before(() => { throw new Error('no'); }); it('never', () => {}); });
for (const n of [1, 2]) test('same', () => { assert.ok(n); });
"""
    report = toolchain.run_tests({"a.test.js": written(body)})
    told = {name.removeprefix("a.test.js::"): outcome for name, outcome in outcomes(report).items()}
    assert told == {
        "outer > one": "passed",
        "outer > inner > two > three": "passed",
        "outer > inner > two": "passed",
        "broken > never": "error",
        "broken": "error",
        "same": "passed",
        "same #2": "passed",
    }


def test_tests_side_by_side_keep_their_own_functions(toolchain: JavaScriptToolchain) -> None:
    code = "export const f = async () => { await null; return 1; };\n"
    code += code.replace("f =", "g =")
    body = """
import { describe, it } from 'node:test';
describe('both', { concurrency: true }, () => {
  it('f', async () => { await new Promise((r) => setTimeout(r, 5)); assert.equal(await f(), 1); });
  it('g', async () => { assert.ok(true); });
});
"""
    report = toolchain.negative_control({"a.js": code, "a.test.js": written(body, "import { f, g } from './a.js';")})
    assert report.sensitive == ("a.test.js::both > f",)
    assert report.uncovered_functions == ("a.g",)


def test_an_import_error_is_a_failure_with_its_reason(toolchain: JavaScriptToolchain) -> None:
    test = written("test('f', () => {});", "import { f } from './missing.js';")
    report = toolchain.run_tests({"a.test.js": test, "b.test.js": PASS})
    assert report.outcome == "failed"
    assert outcomes(report) == {"a.test.js": "error", "b.test.js::ok": "passed"}
    assert report.tests[0].message.startswith("Error: Cannot find module 'missing.js'")


def test_a_module_of_the_old_kind_that_throws_is_a_failure_with_its_reason(toolchain: JavaScriptToolchain) -> None:
    tree = {"a.cjs": "throw new Error('not today');\n", "a.test.js": "import './a.cjs';\n", "b.test.js": PASS}
    report = toolchain.run_tests(tree)
    assert outcomes(report) == {"a.test.js": "error", "b.test.js::ok": "passed"}
    assert report.tests[0].message == "Error: not today"


def test_broken_syntax_is_a_failure_with_its_line(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.run_tests({"a.js": "export const x = 1;\nfunction f( {\n", "a.test.js": "import './a.js';\n"})
    assert report.outcome == "failed"
    assert report.tests[0].message.startswith("SyntaxError: ")
    assert report.tests[0].message.endswith("(a.js, line 3)")


def test_no_tests_prove_nothing(toolchain: JavaScriptToolchain) -> None:
    for tree in ({"a.js": "export const x = 1;\n"}, {"a.test.js": "export const x = 1;\n"}):
        report = toolchain.run_tests(tree)
        assert (report.outcome, report.reason) == ("broken", "tests.none")


def test_an_error_after_the_test_ended_is_a_failure(toolchain: JavaScriptToolchain) -> None:
    body = "test('a', () => { setTimeout(() => { throw new Error('late'); }, 5); });"
    report = toolchain.run_tests({"a.test.js": written(body)})
    assert outcomes(report) == {"a.test.js::a": "passed", "a.test.js": "error"}
    assert "late" in report.tests[1].message


def test_output_is_kept_bounded_and_decoded(toolchain: JavaScriptToolchain) -> None:
    body = """
import fs from 'node:fs';
test('a', () => { console.log('привет 🐍'); });
test('b', () => { fs.writeSync(1, Buffer.from([0xff, 0xfe])); console.error('err'); });
test('c', () => { console.log('y'.repeat(100_000)); });
test('d', () => { assert.equal('\\ud800', 'é'); });
"""
    report = toolchain.run_tests({"a.test.js": written(body)})
    told = "".join(test.output for test in report.tests) + report.output
    assert "привет 🐍\n" in told
    assert "\ufffd\ufffd" in told
    assert "err" in told
    assert max(len(test.output) for test in report.tests) <= 4200
    assert "é" in report.tests[3].message


@pytest.mark.parametrize("thrown", ["null", "5", "'text'", "Object.create(null)"])
def test_whatever_is_thrown_is_a_failure_of_that_test(toolchain: JavaScriptToolchain, thrown: str) -> None:
    body = f"test('a', () => {{ throw {thrown}; }});"
    report = toolchain.run_tests({"a.test.js": written(body), "b.test.js": PASS})
    assert outcomes(report)["a.test.js::a"] in {"failed", "error"}
    assert outcomes(report)["b.test.js::ok"] == "passed"


def test_what_throws_when_node_looks_at_it_is_no_pass() -> None:
    body = "test('a', () => { throw { get message() { throw 1; } }; });"
    hasty = JavaScriptToolchain(choose_sandbox(), SandboxLimits(wall_seconds=4.0))
    report = hasty.run_tests({"a.test.js": written(body)})
    assert report.outcome in {"failed", "broken"}, "node 24 itself never ends after it"


def test_a_test_may_start_programs_and_serve_itself(toolchain: JavaScriptToolchain) -> None:
    body = """
import { execFileSync } from 'node:child_process';
import http from 'node:http';
test('program', () => { assert.equal(execFileSync(process.execPath, ['cli.js']).toString(), 'hello\\n'); });
test('server', async () => {
  const server = http.createServer((_, answer) => answer.end('served')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(await answer.text(), 'served');
  server.close();
  server.closeAllConnections();
});
"""
    report = toolchain.run_tests({"cli.js": "console.log('hello');\n", "a.test.js": written(body)})
    assert report.outcome == "passed", report.tests


def test_a_cancelled_run_unwinds(toolchain: JavaScriptToolchain) -> None:
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        toolchain.run_tests({"a.test.js": "for (;;) {}\n"}, is_cancelled=cancelled.is_set)
    assert time.monotonic() - started < 3


def test_the_registry_hands_it_out() -> None:
    limits = SandboxLimits(wall_seconds=20.0)
    assert toolchain_for("javascript", choose_sandbox(), limits).language == "javascript"
