"""The shapes in which models hand over files, one row each: what they wrote and what must come out."""

from dataclasses import dataclass

import pytest

from builds.agent.parsing.files import parse_files

ROMAN = "def to_roman(n):\n    return 'I' * n\n"
TESTS = "from roman import to_roman\n\n\ndef test_two():\n    assert to_roman(2) == 'II'\n"
PAGE = "<h1>Hi</h1>\n"
APP = "export function add(a, b) {\n  return a + b;\n}\n"
TYPED = "export function add(a: number, b: number): number {\n  return a + b;\n}\n"
TYPED_TESTS = "import { add } from './add.ts';\n\ntest('add', (): void => {\n  add(1, 2);\n});\n"
README = "# Roman\n\n```bash\npytest\n```\n\nDone.\n"
BOTH = {"roman.py": ROMAN, "test_roman.py": TESTS}


@dataclass(frozen=True)
class Shape:
    """What a model wrote, and the files, notes and refusals that it must give."""

    name: str
    answer: str
    files: dict[str, str]
    notes: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    language: str = "python"
    default_path: str | None = None
    is_cut_off: bool = False


def fenced(info: str, text: str, fence: str = "```") -> str:
    return f"{fence}{info}\n{text}{fence}\n"


def indented(text: str) -> str:
    return "".join(f"   {line}\n" if line else "\n" for line in text.splitlines())


ONE = {"roman.py": ROMAN}
IN_INFO = [
    Shape(f"info string: {info}", fenced(info, ROMAN), ONE)
    for info in (
        "python roman.py",
        'python title="roman.py"',
        "python filename=roman.py",
        "python {file=roman.py}",
        '{.python file="roman.py"}',
        "python:roman.py",
        "roman.py",
        "python file: roman.py",
        "python # roman.py",
        "python (roman.py)",
        "roman.py python",
        "python ./roman.py",
        "python /work/roman.py",
        "python `roman.py`",
    )
    if "`" not in info
]
IN_COMMENT = [
    Shape(f"first line: {comment}", fenced("python", f"{comment}\n{ROMAN}"), ONE)
    for comment in (
        "# roman.py",
        "# file: roman.py",
        "# File: `roman.py`",
        "# filename: roman.py",
        "#roman.py",
        "roman.py",
        "# roman.py\n",
    )
]
ABOVE = [
    Shape(f"line above: {line}", f"{line}\n\n{fenced('python', ROMAN)}", ONE)
    for line in (
        "### roman.py",
        "### `roman.py`",
        "## File: roman.py",
        "**roman.py**",
        "**`roman.py`:**",
        "`roman.py`:",
        "File: roman.py",
        "1. roman.py",
        "- **roman.py**",
        "--- roman.py ---",
        "=== roman.py ===",
        "### 1. Create `roman.py`",
        "#### File 1: `roman.py` (new)",
        "Файл: roman.py",
        "Here is the `roman.py` file:",
        "Save this as roman.py:",
        "### roman.py\n\nIt converts numbers.",
    )
]
PROSE = [
    Shape(
        "two files with prose around them",
        f"Sure!\n\n{fenced('python roman.py', ROMAN)}\nAnd tests:\n\n{fenced('python test_roman.py', TESTS)}\nEnjoy.",
        BOTH,
    ),
    Shape(
        "commands and output without a name",
        f"{fenced('python roman.py', ROMAN)}\nRun it:\n{fenced('bash', 'python roman.py' + chr(10))}"
        f"Output of roman.py:\n{fenced('text', 'II' + chr(10))}",
        ONE,
        notes=("block_ignored",),
    ),
    Shape("a shell script with a name", fenced("bash run.sh", "pytest\n"), {"run.sh": "pytest\n"}),
    Shape("a byte-order mark", "\ufeff" + fenced("roman.py", ROMAN), ONE),
    Shape("Windows newlines", fenced("python roman.py", ROMAN).replace("\n", "\r\n"), ONE),
    Shape("Windows separators", fenced("python src\\roman.py", ROMAN), {"src/roman.py": ROMAN}),
    Shape("an escaped underscore above", f"**test\\_roman.py**\n{fenced('python', TESTS)}", {"test_roman.py": TESTS}),
    Shape("an init file without text", fenced("python pkg/__init__.py", ""), {"pkg/__init__.py": ""}),
    Shape("a JavaScript comment", fenced("js", f"// src/app.js\n{APP}"), {"src/app.js": APP}, language="javascript"),
    Shape("an HTML comment", fenced("html", f"<!-- index.html -->\n{PAGE}"), {"index.html": PAGE}),
    Shape("a style comment", fenced("css", "/* a.css */\nb {}\n"), {"a.css": "b {}\n"}),
    Shape(
        "a shebang first",
        fenced("python", f"#!/bin/env python\n# a.py\n{ROMAN}"),
        {"a.py": f"#!/bin/env python\n{ROMAN}"},
    ),
    Shape(
        "a comment that says more than the name stays",
        fenced("python", f"# roman.py - numerals\n{ROMAN}"),
        {"roman.py": f"# roman.py - numerals\n{ROMAN}"},
    ),
    Shape(
        "a comment is nearer than a heading",
        f"### Roman in roman.py\n{fenced('python', f'# src/roman.py{chr(10)}{ROMAN}')}",
        {"src/roman.py": ROMAN},
    ),
    Shape(
        "tests that mention the module in a sentence above",
        f"{fenced('python roman.py', ROMAN)}\nTests for `roman.py`:\n\n{fenced('python', TESTS)}",
        BOTH,
        notes=("path_guessed",),
    ),
]
FENCES = [
    Shape("tilde fences", fenced("python roman.py", ROMAN, "~~~"), ONE),
    Shape("four backticks around a README", fenced("markdown README.md", README, "````"), {"README.md": README}),
    Shape("three backticks around a README", fenced("markdown README.md", README), {"README.md": README}),
    Shape(
        "a README with bare fences inside",
        fenced("markdown README.md", README.replace("bash", "")) + fenced("python roman.py", ROMAN),
        {"README.md": README.replace("bash", ""), "roman.py": ROMAN},
    ),
    Shape(
        "a README under a heading, fence without a tag",
        f"### README.md\n{fenced('', README)}",
        {"README.md": README},
    ),
    Shape(
        "a fence in a doc string",
        fenced("python roman.py", f'"""Numerals.\n\n```\nto_roman(2)\n```\n"""\n{ROMAN}'),
        {"roman.py": f'"""Numerals.\n\n```\nto_roman(2)\n```\n"""\n{ROMAN}'},
    ),
    Shape("an indented fence in a list", f"1. roman.py\n\n{indented(fenced('python', ROMAN))}", ONE),
    Shape("no closing fence", f"```python roman.py\n{ROMAN}", ONE, notes=("unclosed_fence",), is_cut_off=True),
    Shape(
        "no closing fence before the next file",
        f"```python roman.py\n{ROMAN}{fenced('python test_roman.py', TESTS)}",
        BOTH,
        notes=("unclosed_fence",),
    ),
    Shape(
        "no closing fence before the next heading",
        f"### roman.py\n```python\n{ROMAN}\n### test_roman.py\n{fenced('python', TESTS)}",
        {"roman.py": f"{ROMAN}\n", "test_roman.py": TESTS},
        notes=("unclosed_fence",),
    ),
    Shape("a fence too many at the end", f"{fenced('python roman.py', ROMAN)}```\n", ONE),
    Shape(
        "an answer in a Markdown block",
        fenced("markdown", f"### roman.py\n{fenced('python', ROMAN)}\n### test_roman.py\n{fenced('python', TESTS)}"),
        BOTH,
        notes=("wrapped_in_markdown",),
    ),
    Shape(
        "an answer with names in a Markdown block",
        fenced("markdown", f"{fenced('python roman.py', ROMAN)}\n{fenced('python test_roman.py', TESTS)}"),
        BOTH,
        notes=("unclosed_fence", "block_ignored"),
    ),
    Shape("a closing fence at the end of the code", f"```python roman.py\n{ROMAN.rstrip()}```", ONE),
]
TAGGED = [
    Shape("file tags", f'<file path="roman.py">\n{ROMAN}</file>\n<file name="test_roman.py">\n{TESTS}</file>', BOTH),
    Shape("a fence in a file tag", f"<file path='roman.py'>\n{fenced('python', ROMAN)}</file>", ONE),
    Shape("a tag named after the file", f"<roman.py>\n{ROMAN}</roman.py>", ONE),
    Shape(
        "escaped markup in a tag",
        '<file path="index.html">\n&lt;h1&gt;Hi&lt;/h1&gt;\n</file>',
        {"index.html": PAGE},
        notes=("escaped_html",),
    ),
    Shape("CDATA in a tag", f'<file path="index.html"><![CDATA[\n{PAGE}]]></file>', {"index.html": PAGE}),
    Shape(
        "a tag that is never closed",
        f'<file path="roman.py">\n{ROMAN}',
        {"roman.py": ROMAN},
        notes=("unclosed_fence",),
        is_cut_off=True,
    ),
    Shape(
        "a list of files in JSON",
        '{"files": [{"path": "a.py", "content": "x = 1\\n"}]}',
        {"a.py": "x = 1\n"},
        notes=("json_wrapped",),
    ),
    Shape("names and texts in JSON", '{"a.py": "x = 1\\n",}', {"a.py": "x = 1\n"}, notes=("json_wrapped",)),
    Shape(
        "JSON in a fence",
        fenced("json", '[{"filename": "a.py", "code": "x = 1\\n"}]\n'),
        {"a.py": "x = 1\n"},
        notes=("json_wrapped",),
    ),
    Shape(
        "a JSON file is not a wrapped answer",
        fenced("json data.json", '{"a.py": "x"}\n'),
        {"data.json": '{"a.py": "x"}\n'},
    ),
]
GUESSED = [
    Shape(
        "a lone block takes the name that was asked for",
        fenced("python", ROMAN),
        ONE,
        notes=("default_path",),
        default_path="roman.py",
    ),
    Shape("a block named after its function", fenced("python", ROMAN), {"to_roman.py": ROMAN}, notes=("path_guessed",)),
    Shape(
        "a block named after its class",
        fenced("", "class BankAccount: ...\n"),
        {"bank_account.py": "class BankAccount: ...\n"},
        notes=("path_guessed",),
    ),
    Shape("a lone script", fenced("python", "print(1)\n"), {"main.py": "print(1)\n"}, notes=("path_guessed",)),
    Shape(
        "tests named after the module they import, the module after what they import from it",
        fenced("python", ROMAN) + fenced("python", TESTS),
        BOTH,
        notes=("path_guessed",),
    ),
    Shape(
        "how to use it is not a file",
        fenced("python roman.py", ROMAN) + "Usage:\n" + fenced("python", "print(to_roman(4))\n"),
        ONE,
        notes=("block_ignored",),
    ),
    Shape(
        "JavaScript named after its function",
        fenced("js", APP),
        {"add.js": APP},
        notes=("path_guessed",),
        language="javascript",
    ),
    Shape(
        "TypeScript named after its function, its tests after what they import",
        fenced("ts", TYPED) + fenced("typescript", TYPED_TESTS),
        {"add.ts": TYPED, "add.test.ts": TYPED_TESTS},
        notes=("path_guessed",),
        language="typescript",
    ),
    Shape("code without any fence", ROMAN, ONE, notes=("no_fence", "default_path"), default_path="roman.py"),
    Shape(
        "files without fences under lines",
        f"=== roman.py ===\n{ROMAN}\n=== test_roman.py ===\n{TESTS}",
        BOTH,
        notes=("no_fence",),
    ),
    Shape(
        "a product is not a file",
        f"A Node.js module:\n{fenced('js', APP)}",
        {"add.js": APP},
        notes=("path_guessed",),
        language="javascript",
    ),
    Shape(
        "classes of a block",
        fenced("{.python .numbered}", ROMAN),
        ONE,
        notes=("default_path",),
        default_path="roman.py",
    ),
    Shape("a tree of files", fenced("", "app/\n├── a.py\n└── b.py\n"), {}, notes=("block_ignored",)),
    Shape("only words", "I cannot do that, sorry. See roman.py for why.", {}),
    Shape("nothing", "", {}),
]
QUOTED = "".join(f"> {line}".rstrip() + "\n" for line in fenced("python", "# roman.py\n\n" + ROMAN).splitlines())
LEFTOVERS = [
    Shape("a quoted fence", f"> Here it is:\n>\n{QUOTED}", ONE),
    Shape("a quoted fence with a gap", QUOTED.replace(">\n", "\n") + "\nThat is all.\n", ONE),
    Shape("two quoted fences", QUOTED + "\n" + QUOTED.replace("roman.py", "a.py"), {**ONE, "a.py": ROMAN}),
    Shape(
        "a fence that is text in a file",
        fenced("README.md", "> ~~~\n> x\n> ~~~\n"),
        {"README.md": "> ~~~\n> x\n> ~~~\n"},
    ),
    Shape("path and content on one line", f"<file><path>roman.py</path><content>{ROMAN}</content></file>", ONE),
    Shape(
        "path and content on lines of their own",
        f"<file>\n  <path>roman.py</path>\n  <content>\n{ROMAN}</content>\n</file>\n",
        ONE,
    ),
    Shape(
        "path and a fence in content, then another file on the same line",
        f"<file><path>roman.py</path>\n<content>\n{fenced('python', ROMAN)}</content></file>"
        f"<file><path>test_roman.py</path><content>{TESTS}</content></file>",
        BOTH,
    ),
    Shape(
        "path and content that is cut off",
        f"<file><path>roman.py</path><content>{ROMAN}",
        ONE,
        notes=("unclosed_fence",),
        is_cut_off=True,
    ),
    Shape("closed by a fence with the tag", f"```python roman.py\n{ROMAN}```python", ONE),
    Shape("closed by a fence with the tag and one more", f"```python roman.py\n{ROMAN}```python\n```\n", ONE),
    Shape("closed by a fence with the tag on one line", f"```python roman.py\n{ROMAN}```python```\n", ONE),
    Shape(
        "cut off where the next block begins",
        f"```python roman.py\n{ROMAN}\nThe tests:\n\n```python test_roman.py\n",
        {"roman.py": f"{ROMAN}\nThe tests:\n\n", "test_roman.py": ""},
        notes=("unclosed_fence",),
        is_cut_off=True,
    ),
]
VERSIONS = [
    Shape(
        "the last version of a file wins",
        fenced("python roman.py", "x = 1\n") + "Better:\n" + fenced("python roman.py", ROMAN),
        ONE,
        notes=("duplicate_path",),
    ),
    Shape(
        "a version that leaves code out does not replace a full one",
        fenced("python roman.py", ROMAN) + fenced("python roman.py", "import re\n# ... rest of the code\n"),
        ONE,
        notes=("left_out", "duplicate_path"),
    ),
    Shape(
        "thoughts before the answer",
        f"<think>\n{fenced('python bad.py', 'x = 1' + chr(10))}</think>\n{fenced('roman.py', ROMAN)}",
        ONE,
        notes=("thoughts_dropped",),
    ),
    Shape(
        "thoughts whose opening tag the server ate",
        f"Hm.\n{fenced('python bad.py', 'x = 1' + chr(10))}\n</think>\n{fenced('roman.py', ROMAN)}",
        ONE,
    ),
    Shape(
        "thoughts that never end",
        f"<think>\n{fenced('roman.py', ROMAN)}",
        {},
        notes=("unclosed_thoughts",),
        is_cut_off=True,
    ),
]
UNSAFE = [
    Shape(
        f"unsafe: {path}",
        fenced(f"python {path}", "x = 1\n") + fenced("python roman.py", ROMAN),
        ONE,
        refused=((path, rule),),
    )
    for path, rule in (
        ("../evil.py", "traversal"),
        ("/etc/cron.d/job", "absolute"),
        ("C:/temp/a.py", "windows"),
        ("conftest.py", "forbidden"),
        (".env", "hidden"),
        ("src/.git/config", "hidden"),
        ("файл.py", "characters"),
    )
]
SHAPES = [*IN_INFO, *IN_COMMENT, *ABOVE, *PROSE, *FENCES, *TAGGED, *GUESSED, *LEFTOVERS, *VERSIONS, *UNSAFE]


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_an_answer_of_this_shape_is_understood(shape: Shape) -> None:
    parsed = parse_files(shape.answer, language=shape.language, default_path=shape.default_path)

    assert parsed.files == shape.files
    assert (parsed.notes, parsed.refused, parsed.is_cut_off) == (shape.notes, shape.refused, shape.is_cut_off)
    assert parsed.edits == ()
