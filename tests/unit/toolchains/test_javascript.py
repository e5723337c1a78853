"""What a path tells in a JavaScript or TypeScript project, and the tests written from a request's examples."""

import re

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import Example
from builds.toolchains.javascript.acceptance import acceptance_tests
from builds.toolchains.javascript.layout import JAVASCRIPT, TYPESCRIPT, Layout

TREE = {"roman.js": "export function toRoman(n) {\n  return '';\n}\n", "roman.test.js": "export const other = 1;\n"}


def source(
    expression: str, expected: str = "1", *, raises: str = "", words: str = "words", tree: dict[str, str] = TREE
) -> str:
    function = expression.partition("(")[0]
    example = Example(expression=expression, expected=expected, raises=raises, function=function, source=words)
    return acceptance_tests([example], tree, JAVASCRIPT)["acceptance.test.js"]


@pytest.mark.parametrize(
    "path", ["a.test.js", "a-test.mjs", "a_test.cjs", "test-a.js", "test.js", "test/a.js", "pkg/test/deep/a.mjs"]
)
def test_what_node_would_run_is_a_test(path: str) -> None:
    assert JAVASCRIPT.is_test(path)
    assert TYPESCRIPT.is_test(path)


@pytest.mark.parametrize("path", ["a.js", "tests/support.js", "latest.js", "a.test.ts", "test/data.json", "contest.js"])
def test_other_files_are_no_tests(path: str) -> None:
    assert not JAVASCRIPT.is_test(path)


def test_code_is_neither_test_nor_support_nor_configuration() -> None:
    paths = ["src/a.js", "b.mjs", "a.test.js", "tests/support.js", "__tests__/x.js", "eslint.config.js", "README.md"]
    assert JAVASCRIPT.code_files(paths) == ["b.mjs", "src/a.js"]


@pytest.mark.parametrize("path", ["a.test.ts", "a-test.mts", "test/a.cts", "test.ts"])
def test_only_typescript_has_files_with_types(path: str) -> None:
    assert TYPESCRIPT.is_test(path)
    assert JAVASCRIPT.code_files(["src/a.ts", path]) == []
    assert TYPESCRIPT.code_files(["src/a.ts", "b.js", "view.tsx", path]) == ["b.js", "src/a.ts"]


@pytest.mark.parametrize(
    "code",
    [
        "export function f<T>(x: T): T { return x; }",
        "export const f: (x: number) => number = (x) => x;",
        "export function f(x: number): number;\nexport function f(x: any) { return x; }",
        "type T = 1;\nfunction f(x: T) {}\nexport { type T, f };",
    ],
)
def test_a_function_with_types_is_found_where_it_is_exported(code: str) -> None:
    example = Example(expression="f(1)", expected="1", function="f", source="words")
    files = acceptance_tests([example], {"a.ts": "export type f = 1;\n", "lib/b.ts": code}, TYPESCRIPT)
    assert 'const { f } = await import("./lib/b.ts");' in files["acceptance.test.ts"]


@pytest.mark.parametrize("layout", [JAVASCRIPT, TYPESCRIPT], ids=lambda layout: layout.language)
def test_without_code_the_usual_file_is_asked(layout: Layout) -> None:
    example = Example(expression="f(1)", expected="1", function="f", source="words")
    (text,) = acceptance_tests([example], {}, layout).values()
    assert f'await import("./main{layout.endings[0]}")' in text


def test_no_examples_give_no_file() -> None:
    assert acceptance_tests([], TREE, JAVASCRIPT) == {}


@pytest.mark.parametrize("expected", ["'IV'", "true", "null", "[]", "{a: 'b'}", "0.5"])
def test_the_result_is_compared_with_what_the_user_wrote(expected: str) -> None:
    assert f"  _mustGive(toRoman(4), {expected});\n" in source("toRoman(4)", expected)


def test_nothing_of_the_project_is_imported_before_a_test_runs() -> None:
    static = re.findall(r"^import .* from '(.+)';", source("toRoman(4)"), re.MULTILINE)
    assert static == ["node:assert/strict", "node:test"]


def test_what_should_be_thrown_is_looked_up_by_name() -> None:
    text = source("toRoman(0)", raises="RangeError")
    assert 'await _rejects(async () => toRoman(0), (thrown) => _isNamed(thrown, "RangeError"));' in text


@pytest.mark.parametrize(
    ("expression", "code", "line"),
    [
        ("f(1)", "export async function f(x) {}", 'const { f } = await import("./lib/a.js");'),
        ("f(1)", "export const f = (x) => x;", 'const { f } = await import("./lib/a.js");'),
        ("f(1)", "function f() {}\nexport { g, f };", 'const { f } = await import("./lib/a.js");'),
        ("f(1)", "export default function f() {}", 'const { default: f } = await import("./lib/a.js");'),
        ("f(1)", "module.exports = { f };", 'const { f } = await import("./lib/a.js");'),
        ("a.f(1)", "export class X {}", 'const a = await import("./lib/a.js");'),
        ("other(4)", "const other = 1;", 'const { other } = await import("./roman.js");'),
    ],
)
def test_the_function_is_found_where_it_is_exported(expression: str, code: str, line: str) -> None:
    assert f"  {line}\n" in source(expression, tree={**TREE, "lib/a.js": code})


@pytest.mark.parametrize("words", ["*/ process.exit()", "'`${x}\\", "a\nb", "\u2028\u202e\x00", "\ud800", "x" * 9999])
def test_the_users_words_stay_words(words: str) -> None:
    (line,) = [line for line in source("toRoman(4)", words=words).splitlines() if line.startswith("  void ")]
    assert line.isascii()
    assert line.startswith('  void "')
    assert line.endswith('";')


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("toRoman(", "1"), ("f(1)", "x + 1"), ("f(1); process.exit()", "1"), ("f(`x`)", "1"), ("(" * 999, "1")],
)
def test_an_example_that_is_no_call_or_no_literal_is_refused(expression: str, expected: str) -> None:
    with pytest.raises(AgentError) as caught:
        source(expression, expected)
    assert caught.value.code == "toolchain.example"


def test_text_with_many_openings_is_searched_in_linear_time() -> None:
    assert 'await import("./roman.js")' in source("missing(1)", tree={"roman.js": "export { a,\n" * 20_000})
