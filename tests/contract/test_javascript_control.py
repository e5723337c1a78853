"""Stubs, mutants and another order for JavaScript, in a real sandbox."""

import pytest

from builds.agent.nodes.sandboxed import compared
from builds.agent.values import ControlReport
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from tests.contract.javascript_projects import HONEST, PASS, needs_node, written
from tests.contract.projects import outcomes

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_node]


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


def controlled(toolchain: JavaScriptToolchain, code: str, body: str, names: str) -> ControlReport:
    """Judge one test file over one module."""
    test = written(body, f"import {{ {names} }} from './a.js';")
    return toolchain.negative_control({"a.js": code, "a.test.js": test}, seed=7)


def test_mutants_are_sampled_by_the_seed_and_told(toolchain: JavaScriptToolchain) -> None:
    one, same = (toolchain.negative_control(HONEST, seed=3) for _ in range(2))
    assert one.seed == 3
    assert 5 <= one.mutants_run <= one.mutants_possible
    assert one.mutants_killed > one.mutants_run / 2
    assert one.survivors == same.survivors
    assert all(survivor.startswith("roman.js:") for survivor in one.survivors)
    assert set(one.tools) == {"node", "sandbox"}
    assert one.by_test["roman.test.js::four"].mutants > 0


def test_a_boundary_that_no_test_looks_at_survives(toolchain: JavaScriptToolchain) -> None:
    code = "export const isAdult = (age) => age >= 18;\n"
    report = controlled(toolchain, code, "test('a', () => { assert.equal(isAdult(40), true); });", "isAdult")
    assert "a.js:1 age >= 18: >= → >" in report.survivors
    stricter = "test('a', () => { assert.equal(isAdult(18), true); assert.equal(isAdult(17), false); });"
    assert "a.js:1 age >= 18: >= → >" not in controlled(toolchain, code, stricter, "isAdult").survivors


def test_tests_that_expect_nothing_are_judged_by_stubs_that_return_something(toolchain: JavaScriptToolchain) -> None:
    code = "export const find = (list, wanted) => list.find((each) => each === wanted);\n"
    code += "export function isOdd(n) { return n % 2 === 1; }\nexport async function* none() {}\n"
    body = """
test('absent', () => { assert.equal(find([1], 2), undefined); });
test('even', () => { assert.equal(isOdd(2), false); });
test('none', async () => { for await (const each of none()) assert.fail(String(each)); });
"""
    report = controlled(toolchain, code, body, "find, isOdd, none")
    assert report.insensitive == ()


def test_a_test_of_a_type_alone_is_found_out(toolchain: JavaScriptToolchain) -> None:
    code = "export const words = (text) => text.split(' ');\nexport const size = (text) => text.length + 1;\n"
    body = """
test('list', () => { assert.ok(Array.isArray(words('a b'))); });
test('number', () => { assert.equal(typeof size('a'), 'number'); });
test('words', () => { assert.deepEqual(words('a b'), ['a', 'b']); });
"""
    report = controlled(toolchain, code, body, "words, size")
    assert report.sensitive == ("a.test.js::words",)


def test_a_stub_is_not_the_error_that_a_test_expects(toolchain: JavaScriptToolchain) -> None:
    code = "export const check = (n) => { if (n < 0) throw new Error('negative'); return n; };\n"
    code += "export const later = async (n) => check(n);\n"
    body = """
test('any error', () => { assert.throws(() => check(-1)); });
test('an error', () => { assert.throws(() => check(-1), Error); });
test('by hand', () => { try { check(-1); assert.fail(); } catch (error) { assert.equal(error.message, 'negative'); } });
test('later', async () => { await assert.rejects(later(-1)); await assert.rejects(() => later(-1), /negative/); });
test('inside', () => { assert.throws(() => assert.throws(() => check(1)), /Missing expected exception/); });
"""
    report = controlled(toolchain, code, body, "check, later")
    assert report.insensitive == ()
    assert all(noticed.raising for noticed in report.by_test.values())


def test_a_test_that_takes_its_process_down_does_not_take_the_others_with_it(toolchain: JavaScriptToolchain) -> None:
    code = """
export function next(list) { return list.shift() ?? null; }
export function size(list) { return list.length; }
"""
    body = """
import { describe, it } from 'node:test';
describe('lists', () => {
  it('waits', () => { const list = [1, 2]; let n = 0; while (next(list) !== null) n += 1; assert.equal(n, 2); });
  it('leaves', () => { if (size([1]) !== 1) process.exit(0); assert.equal(size([1]), 1); });
  it('counts', () => { assert.equal(size([1, 2]), 2); });
});
"""
    report = controlled(toolchain, code, body, "next, size")
    assert (report.insensitive, report.uncovered_functions) == ((), ())


def test_a_program_that_a_test_starts_sees_stubs_too(toolchain: JavaScriptToolchain) -> None:
    code = "export function greet(name) { return `hello ${name}`; }\n"
    program = "import { greet } from './a.js';\nconsole.log(greet(process.argv[2]));\n"
    body = """
import { execFileSync, spawnSync } from 'node:child_process';
const ran = (...words) => execFileSync(process.execPath, ['cli.js', ...words]).toString();
test('greet', () => { assert.equal(greet('you'), 'hello you'); });
test('program', () => { assert.equal(ran('you'), 'hello you\\n'); });
test('blind', () => { spawnSync(process.execPath, ['cli.js', 'you']); });
"""
    tree = {"a.js": code, "cli.js": program, "a.test.js": written(body, "import { greet } from './a.js';")}
    report = toolchain.negative_control(tree)
    assert report.insensitive == ("a.test.js::blind",)


CODE = {
    "no semicolons": """export function f(a, b) {
  let n = a
  n++
  if (b) n += 2
  else n--
  ;[1].forEach(() => n)
  return n
}""",
    "objects": """export const f = (a, b) => ({ sum: a === 1 ? 5 : b }).sum - 1;
export default class { go() { return 'x'; } }""",
    "directives": """'use strict';
export function f(a) { 'use strict'; switch (a) { case 1: a *= 2; } return a + 2; }""",
    "labels": """const T = { a: 1, ['b']: 2 };
export function f(a, b = 1) { l: for (;;) { break l; } return T.a + T['b'] + `${a}`.length; }""",
    "classes": """class A { #n = 1; static #m(x) { return x ?? 0; }
  get n() { return this.#n; } set n(v) { this.#n = v; }
  constructor() { A.#m(1); } }
export const f = (a, b) => { const c = new A(); c.n = 4; return c?.n; };""",
    "async": """export async function g(x) { await null; return x; }
export const f = (a) => { g(1); return !a ? 0 : 4; };""",
}


@pytest.mark.parametrize("code", CODE.values(), ids=list(CODE))
def test_all_kinds_of_code_can_be_instrumented(toolchain: JavaScriptToolchain, code: str) -> None:
    tree = {
        "a.js": code,
        "a.test.js": written("test('f', () => { assert.equal(f(1, true), 4); });", "import { f } from './a.js';"),
    }
    assert toolchain.run_tests(tree).outcome == "passed", toolchain.run_tests(tree).tests
    report = toolchain.negative_control(tree, seed=1)
    assert report.sensitive == ("a.test.js::f",), report
    assert report.mutants_run > 0


def test_the_seed_shuffles_files_tests_and_what_suites_hold(toolchain: JavaScriptToolchain) -> None:
    suite = "".join(f"it('t{n}', () => {{}});" for n in range(9))
    body = f"import {{ describe, it }} from 'node:test';\ndescribe('suite', () => {{ {suite} }});\n"
    body += "".join(f"test('t{n}', async (t) => {{ await t.test('s', () => {{}}); }});\n" for n in range(9))
    tree = {"a.test.js": written(body), "b.test.js": PASS, "c.test.js": PASS}
    plain, again, same, other = (toolchain.run_tests(tree, seed=seed) for seed in (0, 5, 5, 6))
    assert {report.outcome for report in (plain, again, same, other)} == {"passed"}
    orders = [[test.id for test in report.tests] for report in (plain, again, same, other)]
    assert orders[1] == orders[2] != orders[0] != orders[3] != orders[1]
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    inside = [name for name in orders[1] if "suite > " in name]
    assert inside != [name for name in orders[0] if "suite > " in name]
    assert again.seed == 5
    for number in range(9):  # a subtest stays where its test starts it
        place = orders[1].index(f"a.test.js::t{number}")
        assert orders[1][place - 1] == f"a.test.js::t{number} > s"


def test_tests_that_need_each_other_are_shown_as_flaky(toolchain: JavaScriptToolchain) -> None:
    body = "let n = 0;\n"
    body += "".join(f"test('t{k}', () => {{ n += 1; assert.equal(n, {k}); }});\n" for k in range(1, 6))
    tree = {"a.test.js": written(body)}
    first = toolchain.run_tests(tree)
    report = compared(first, toolchain.run_tests(tree, seed=11))
    assert (first.outcome, report.outcome, report.reason) == ("passed", "failed", "tests.flaky")
    assert any("→ failed" in name for name in report.flaky)


def test_a_file_that_waits_for_its_own_tests_is_not_stuck(toolchain: JavaScriptToolchain) -> None:
    body = """
import http from 'node:http';
await test('first', () => { assert.ok(true); });
const server = http.createServer().listen(0, '127.0.0.1');
await test('second', () => { server.close(); });
test('third', () => {});
"""
    report = toolchain.run_tests({"a.test.js": written(body)}, seed=9)
    assert outcomes(report) == {f"a.test.js::{name}": "passed" for name in ("first", "second", "third")}


def test_hooks_and_what_stands_side_by_side_survive_another_order(toolchain: JavaScriptToolchain) -> None:
    body = """
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
const told = [];
before(() => told.push('before'));
beforeEach(() => told.push('each'));
afterEach(() => told.push('end'));
after(() => { if (told.filter((each) => each === 'end').length !== 6) throw new Error(told.join()); });
describe('both', { concurrency: true }, () => {
  it('slow', async () => { await new Promise((done) => setTimeout(done, 20)); });
  it('fast', () => { assert.equal(told[0], 'before'); });
});
describe('later', async () => { await null; it('one', () => {}); it('two', () => {}); });
test('three', () => {});
test('four', () => {});
"""
    for seed in (0, 1, 2, 3):
        report = toolchain.run_tests({"a.test.js": written(body)}, seed=seed)
        assert report.outcome == "passed", (seed, report.tests)
        assert len(report.tests) == 6


def test_long_names_that_begin_alike_stay_apart(toolchain: JavaScriptToolchain) -> None:
    code = "export const double = (n) => n * 2;\n"
    long = "x" * 400
    body = f"test('{long} looks', () => {{ assert.equal(double(2), 4); }});\n"
    body += f"test('{long} is blind', () => {{ assert.ok(true); }});\n"
    report = controlled(toolchain, code, body, "double")
    assert (len(report.sensitive), len(report.insensitive)) == (1, 1)


HONEST_READERS = """
import fs from 'node:fs';
import path from 'node:path';
import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
export const storage = new AsyncLocalStorage();
export const double = (n) => storage.run(n, () => storage.getStore() * 2);
export async function load(name) { return import(pathToFileURL(name)); }
export async function plugin(name) { return import(`./plugins/${name}.js`); }
export const scripts = (folder = '.') => fs.readdirSync(folder).filter((each) => path.extname(each) === '.js');
export function tryRead(file) {
  try { return fs.readFileSync(file, 'utf-8'); } catch (error) {
    console.error(error.stack, error.stack.split('\\n')[0]);
    fs.appendFileSync('/tmp/log', `${error.stack}`);
    return '';
  }
}
"""


def test_reading_files_and_showing_stacks_is_honest(toolchain: JavaScriptToolchain) -> None:
    report = controlled(toolchain, HONEST_READERS, "test('a', () => { assert.equal(double(2), 4); });", "double")
    assert (report.sensitive, report.suspicious) == (("a.test.js::a",), ())
