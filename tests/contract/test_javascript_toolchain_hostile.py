"""JavaScript projects that do not want to be tested, in a real sandbox."""

import pytest

from builds.agent.values import SandboxLimits
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from tests.contract.javascript_projects import HONEST, PASS, needs_node, written
from tests.contract.projects import outcomes

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_node]

LEAVE = "process.on('exit', () => process.reallyExit(0));"
FAILS = "test('a', () => { assert.equal(1, 2); });"
STOPPERS = (
    "process.exit(0);",
    "test('a', () => { process.exit(0); });",
    "test('a', () => { process.reallyExit(0); });",
    "test('a', () => { process.kill(process.pid, 'SIGKILL'); });",
    "test('a', () => { process.kill(process.ppid, 'SIGKILL'); });",
    "test('a', () => { process.abort(); });",
    "import { after } from 'node:test'; after(() => process.exit(0)); test('a', () => {});",
    "const hog = []; test('a', () => { for (;;) hog.push(new Array(1000).fill(1)); });",
)
TRICKS = (
    "process.on('exit', () => { process.exitCode = 0; });",
    LEAVE,
    "assert.equal = assert.deepEqual = () => {};",
    "import { mock } from 'node:test'; mock.method(assert, 'equal', () => {});",
    "console.log(JSON.stringify({ record: { nonce: '' } }));",
    "import fs from 'node:fs'; for (let n = 3; n < 40; n += 1) try { fs.writeSync(n, '{}\\n'); } catch {}",
    'JSON.stringify = () => \'{"kind": "finished", "count": 1}\';',
    f"{LEAVE} Object.prototype.toJSON = function () {{ return {{ ...this, outcome: 'passed' }}; }};",
    f"{LEAVE} const was = Buffer.from; Buffer.from = (text) => was(String(text).replaceAll('failed', 'passed'));",
    "Array.prototype.includes = () => false; RegExp.prototype.exec = () => null;",
    "Array.prototype.push = function () { return 0; };",
    "Object.prototype.skip = undefined; String.prototype.slice = () => 'x';",
)


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def hasty() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox(), SandboxLimits(wall_seconds=8.0, cpu_seconds=10))


@pytest.mark.parametrize(
    "body",
    [
        "test.skip('a', () => { assert.fail(); });",
        "test('a', { skip: 'later' }, () => { assert.fail(); });",
        "test('a', (t) => { t.skip('later'); });",
        "test.todo('a', () => { assert.fail(); });",
        "test('a', { todo: 'later' }, () => {});",
    ],
)
def test_a_skipped_test_is_not_a_pass(toolchain: JavaScriptToolchain, body: str) -> None:
    report = toolchain.run_tests({"a.test.js": written(body), "b.test.js": PASS})
    assert (report.outcome, report.reason) == ("failed", "tests.skipped")
    assert [result.outcome for result in report.tests] == ["skipped", "passed"]


@pytest.mark.parametrize("code", STOPPERS)
def test_a_run_that_stops_early_proves_nothing(toolchain: JavaScriptToolchain, code: str) -> None:
    report = toolchain.run_tests({"a.test.js": written(code), "z.test.js": PASS})
    assert (report.outcome, report.reason) == ("broken", "tests.no_record"), report


def test_a_file_that_waits_for_ever_is_a_failure(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.run_tests({"a.test.js": written(f"await new Promise(() => {{}});\n{FAILS}"), "b.test.js": PASS})
    assert outcomes(report)["a.test.js"] == "error"


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_do_not_turn_a_failure_into_a_pass(toolchain: JavaScriptToolchain, trick: str) -> None:
    report = toolchain.run_tests({"a.test.js": written(f"{trick}\n{FAILS}")})
    assert report.outcome in {"failed", "broken"}


def test_a_whole_report_written_by_foreign_code_is_recognised(toolchain: JavaScriptToolchain) -> None:
    said = '{"kind":"test","id":"a.test.js::a","outcome":"passed"}\\n{"kind":"finished","count":1}\\n'
    code = (
        f"import fs from 'node:fs';\nfor (let n = 3; n < 40; n += 1) try {{ fs.writeSync(n, '{said}'); }} catch {{}}\n"
        "process.reallyExit(0);\n"
    )
    report = toolchain.run_tests({"a.js": code, "a.test.js": written(FAILS, "import './a.js';")})
    assert (report.outcome, report.reason) == ("broken", "tests.forged")


REPORTER = """
import report from '/driver/node_child.mjs';
const events = [
  { type: 'test:start', data: { nesting: 0, name: 'a' } },
  { type: 'test:pass', data: { nesting: 0, name: 'a', details: { duration_ms: 1 } } },
  { type: 'test:diagnostic', data: { nesting: 0, message: 'tests 1' } },
];
for await (const _ of report(events));
process.reallyExit(0);
"""


def test_the_reporter_can_not_be_used_by_foreign_code(toolchain: JavaScriptToolchain) -> None:
    report = toolchain.run_tests({"a.js": REPORTER, "a.test.js": written(FAILS, "import './a.js';")})
    assert (report.outcome, report.reason) == ("failed", "")
    assert outcomes(report) == {"a.test.js": "error"}


@pytest.mark.parametrize(
    "trick",
    [
        "import { Session } from 'node:inspector'; const s = new Session(); s.connect(); process.reallyExit(0);",
        "process.binding('inspector'); process.reallyExit(0);",
        "import { open } from 'node:inspector'; open(9229); process.reallyExit(0);",
    ],
    ids=["inspector", "binding", "debugger"],
)
def test_looking_into_the_process_is_told(toolchain: JavaScriptToolchain, trick: str) -> None:
    report = toolchain.run_tests({"a.js": trick, "a.test.js": written(FAILS, "import './a.js';")})
    assert (report.outcome, report.reason) == ("broken", "tests.tampered")


def test_code_that_hides_failures_from_the_reporter_is_found_out(toolchain: JavaScriptToolchain) -> None:
    code = """
import { Readable } from 'node:stream';
const push = Readable.prototype.push;
Readable.prototype.push = function (item) {
  if (item?.type === 'test:fail') item.type = 'test:pass';
  return push.call(this, item);
};
process.on('exit', () => process.reallyExit(0));
export function double(x) { return x; }
"""
    body = "test('a', () => { assert.equal(double(2), 4); });"
    tree = {"a.js": code, "a.test.js": written(body, "import { double } from './a.js';")}
    passed = toolchain.run_tests(tree).outcome == "passed"
    assert not (passed and toolchain.negative_control(tree).outcome == "held")


@pytest.mark.parametrize(
    "planted",
    [
        {"package.json": '{"type": "module", "scripts": {"test": "true"}, "imports": {"#x": "./x.js"}}'},
        {"eslint.config.js": "process.exit(0);\n"},
        {"node_modules/acorn/index.js": "process.exit(0);\n"},
        {"tsconfig.json": "{}"},
    ],
    ids=lambda planted: next(iter(planted)),
)
def test_configuration_that_the_project_brings_is_ignored(
    toolchain: JavaScriptToolchain, planted: dict[str, str]
) -> None:
    assert toolchain.run_tests({**HONEST, **planted}).outcome == "passed"


def test_a_hang_ends_and_names_the_test(hasty: JavaScriptToolchain) -> None:
    report = hasty.run_tests({"a.test.js": written("test('hangs', () => { for (;;); });")})
    assert (report.outcome, report.reason, report.detail) == ("broken", "tests.timeout", "a.test.js::hangs")


def test_a_timer_that_never_stops_ends_the_run(hasty: JavaScriptToolchain) -> None:
    report = hasty.run_tests({"a.test.js": written("test('a', () => {}); setInterval(() => {}, 1000);")})
    assert (report.outcome, report.reason) == ("broken", "tests.timeout")


def test_a_bomb_of_processes_is_no_pass(hasty: JavaScriptToolchain) -> None:
    bomb = "import { spawn } from 'node:child_process';\nfor (;;) spawn(process.execPath, [import.meta.filename]);\n"
    assert hasty.run_tests({"a.test.js": bomb}).outcome == "broken"


def test_filling_the_disk_fails_that_test_only(toolchain: JavaScriptToolchain) -> None:
    fill = "for (let n = 0; ; n += 1) fs.writeFileSync(`f${n}`, Buffer.alloc(1e6));"
    body = f"import fs from 'node:fs';\ntest('a', () => {{ {fill} }});"
    report = toolchain.run_tests({"a.test.js": written(body), "b.test.js": PASS})
    assert outcomes(report) == {"a.test.js::a": "failed", "b.test.js::ok": "passed"}


def test_endless_output_is_cut_off(toolchain: JavaScriptToolchain) -> None:
    endless = "for (;;) await new Promise((done) => process.stdout.write('x'.repeat(9999), done));"
    report = toolchain.run_tests({"a.test.js": written(f"test('a', async () => {{ {endless} }});")})
    assert (report.outcome, report.reason) == ("broken", "tests.output_limit")
