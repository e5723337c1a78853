"""What is promised of TypeScript beside what it shares with JavaScript, in a real sandbox."""

import pytest

from builds.agent.values import Example
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import TypeScriptToolchain
from tests.contract.forgeries import Forgery
from tests.contract.javascript_forgeries import JAVASCRIPT_FORGERIES
from tests.contract.javascript_projects import (
    HONEST,
    PASS,
    TYPED,
    TYPED_ROMAN,
    as_typescript,
    needs_types,
    written,
)
from tests.contract.judged import judged, rationed
from tests.contract.projects import outcomes
from tests.contract.test_javascript_control import CODE
from tests.contract.test_javascript_toolchain_hostile import FAILS, STOPPERS, TRICKS

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_types]

FOUR = Example(expression="toRoman(4)", expected="'IV'", function="toRoman", source="toRoman(4) -> 'IV'")
ZERO = Example(expression="toRoman(0)", expected="", raises="RangeError", function="toRoman", source="toRoman(0)")
ENUM = "export const x: number = 1;\n\nexport enum Colour { RED }\n"


@pytest.fixture(scope="module")
def toolchain() -> TypeScriptToolchain:
    return TypeScriptToolchain(choose_sandbox())


def test_a_project_with_types_is_verified_with_the_examples_of_its_request(toolchain: TypeScriptToolchain) -> None:
    assert judged(toolchain, TYPED, [FOUR, ZERO]) == ("verified", set())


def test_a_wrong_result_fails_the_example(toolchain: TypeScriptToolchain) -> None:
    wrong = TYPED_ROMAN.replace("4, 'IV'", "4, 'IIII'")
    verification, _ = judged(toolchain, {**TYPED, "roman.ts": wrong}, [FOUR])
    assert verification != "verified"


def test_lines_are_those_of_the_file_with_its_types(toolchain: TypeScriptToolchain) -> None:
    test = written("test('four', () => { assert.equal(toRoman(4), 'V'); });", "import { toRoman } from './roman.ts';")
    report = toolchain.run_tests({**TYPED, "roman.test.ts": test})
    assert report.tests[0].message == "AssertionError: expected 'V', got 'IV'"
    assert report.coverage["roman.ts"].missing == (10,)
    assert report.command == ("node", "--test", "roman.test.ts")
    assert "Warning" not in report.output + report.tests[0].output


@pytest.mark.parametrize(
    "tree",
    [
        {"src/core.ts": "export const ONE: number = 1;", "test/core.ts": "../src/core.ts"},
        {"core.mts": "export const ONE: number = 1;", "core.test.mts": "./core.mts"},
        {"core.cts": "const ONE: number = 1;\nexports.ONE = ONE;", "core.test.ts": "./core.cts"},
        {"core.js": "export const ONE = 1;", "core.test.ts": "./core.js"},
        {"package.json": '{"type": "module"}', "core.ts": "export const ONE: number = 1;", "core-test.ts": "./core.ts"},
    ],
    ids=["src", "mts", "CommonJS", "JavaScript beside", "package.json"],
)
def test_common_layouts_can_be_imported(toolchain: TypeScriptToolchain, tree: dict[str, str]) -> None:
    path, module = list(tree.items())[-1]
    test = written("test('one', (): void => { assert.equal(ONE, 1); });", f"import {{ ONE }} from '{module}';")
    report = toolchain.run_tests({**tree, path: test})
    assert report.outcome == "passed", report
    code = next(name for name in tree if name.endswith(("ts", "js")))
    assert report.coverage[code].covered > 0


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (ENUM, 3),
        ("export const x: number = 1;\nfunction f( {\n", 2),
        ("\nclass A { constructor(private x: number) {} }", 2),
    ],
    ids=["enum", "broken", "parameter property"],
)
def test_what_node_can_not_run_is_a_failure_with_its_line(toolchain: TypeScriptToolchain, code: str, line: int) -> None:
    tree = {"a.ts": code, "a.test.ts": "import './a.ts';\n", "b.test.ts": PASS}
    report = toolchain.run_tests(tree)
    assert outcomes(report) == {"a.test.ts": "error", "b.test.ts::ok": "passed"}
    assert report.tests[0].message.startswith("SyntaxError: ")
    assert report.tests[0].message.endswith(f"(a.ts, line {line})")
    assert "Warning" not in report.output + report.tests[0].output


def test_what_can_not_be_read_scores_nothing_and_says_where(toolchain: TypeScriptToolchain) -> None:
    report = toolchain.analyse({**TYPED, "a.ts": ENUM}, coverage_percent=None)
    (finding,) = [each for each in report.code_smells if each.rule == "syntax"]
    assert (finding.file, finding.line, finding.severity) == ("a.ts", 3, "high")
    assert "enum" in finding.message
    assert (report.quality_score, report.security_score) == (0.0, None)


def test_types_cost_no_score(toolchain: TypeScriptToolchain) -> None:
    report = toolchain.analyse(TYPED, coverage_percent=100.0)
    assert report.tools_failed == {}
    assert report.security_issues == ()
    assert [(each.file, each.line, each.rule) for each in report.code_smells] == [("roman.ts", 16, "no-param-reassign")]
    assert report.cyclomatic_complexity == 5.0
    assert report.lines_of_code == 14


def test_danger_is_seen_between_types(toolchain: TypeScriptToolchain) -> None:
    code = "type Run = (text: string) => unknown;\nexport const run: Run = (text: string) => eval(text) as unknown;\n"
    report = toolchain.analyse({"a.ts": code}, coverage_percent=None)
    assert [(each.rule, each.line) for each in report.security_issues] == [("security/eval", 2)]


def test_types_are_no_place_for_mistakes_and_classes_are_judged_by_method(toolchain: TypeScriptToolchain) -> None:
    code = """
export abstract class Shape<T extends string = 'a'> {
  declare readonly tag: T;
  #size: number = 1;
  abstract name(): string;
  grow(by: number = 2): this { this.#size += by; return this; }
  get size(): number { return this.#size!; }
  forgotten(): 'x' | 'y' { return 'x'; }
}
export class Square extends Shape { override name(): string { return 'square' as const; } }
"""
    body = "test('a', () => { const s: Square = new Square(); assert.equal(s.name(), 'square');\n"
    body += "  assert.equal(s.grow().grow(1).size, 4); });"
    tree = {"shape.ts": code, "shape.test.ts": written(body, "import { Square } from './shape.ts';")}
    report = toolchain.negative_control(tree, seed=3)
    assert report.uncovered_functions == ("shape.Shape.forgotten",)
    assert report.insensitive == ()
    assert report.mutants_possible == 7, "the number 1, the sum, four results and a text"


@pytest.mark.parametrize("code", rationed(CODE.values()))
def test_all_kinds_of_code_can_be_instrumented(toolchain: TypeScriptToolchain, code: str) -> None:
    test = written("test('f', () => { assert.equal(f(1, true), 4); });", "import { f } from './a.ts';")
    report = toolchain.negative_control({"a.ts": code, "a.test.ts": test}, seed=1)
    assert report.sensitive == ("a.test.ts::f",), report
    assert report.mutants_run > 0


@pytest.mark.parametrize("forgery", rationed(JAVASCRIPT_FORGERIES), ids=lambda forgery: forgery.name)
def test_a_forgery_is_not_verified_and_the_reason_is_named(toolchain: TypeScriptToolchain, forgery: Forgery) -> None:
    verification, reasons = judged(toolchain, as_typescript(forgery.files))
    assert verification != "verified"
    assert reasons & forgery.reasons, reasons


def test_code_that_asks_whether_it_is_tested_is_named_with_its_line(toolchain: TypeScriptToolchain) -> None:
    code = "type Hook = unknown;\nconst hook: Hook = (globalThis as any).__agentsite__ as Hook;\n"
    report = toolchain.negative_control({**TYPED, "roman.ts": f"{code}{TYPED_ROMAN}"})
    assert (report.reason, report.suspicious) == ("control.suspicious_code", ("roman.ts:2 __agentsite",))


def test_a_file_written_anew_by_a_test_is_noticed(toolchain: TypeScriptToolchain) -> None:
    body = f"import fs from 'node:fs';\n{PASS}fs.writeFileSync('roman.ts', 'export const toRoman = () => 4;');\n"
    report = toolchain.run_tests({**as_typescript(HONEST), "a.test.ts": body})
    assert (report.reason, report.detail) == ("tests.rewritten", "roman.ts")


@pytest.mark.parametrize("code", rationed(STOPPERS))
def test_a_run_that_stops_early_proves_nothing(toolchain: TypeScriptToolchain, code: str) -> None:
    report = toolchain.run_tests({"a.test.ts": written(code), "z.test.ts": PASS})
    assert (report.outcome, report.reason) == ("broken", "tests.no_record"), report


@pytest.mark.parametrize("trick", rationed(TRICKS))
def test_tricks_do_not_turn_a_failure_into_a_pass(toolchain: TypeScriptToolchain, trick: str) -> None:
    report = toolchain.run_tests({"a.test.ts": written(f"{trick}\n{FAILS}")})
    assert report.outcome in {"failed", "broken"}
