"""What holds for every answer, however strange."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.agent.examples import find_examples
from builds.agent.parsing.edits import Edit, apply_edits
from builds.agent.parsing.files import parse_files
from builds.agent.parsing.render import render_files
from builds.agent.parsing.structured import extract_json
from builds.agent.tree import MAX_DEPTH, broken_rule, check_path, check_tree

PIECES = st.sampled_from(
    [
        *(
            "```",
            "````",
            "~~~",
            "```python roman.py",
            "```markdown README.md",
            "```python",
            "```bash",
            "   ```",
            "``` x",
        ),
        *(
            '<file path="a.py">',
            "</file>",
            "<a.py>",
            "</a.py>",
            "> ```",
            "<path>b.py</path><content>",
            "</content>",
            "<think>",
            "</think>",
            "### b.py",
            "# c.py",
            "../d.py",
        ),
        *("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "--- a/a.py", "+++ b/a.py", "@@ -1 +1 @@", "-x", "+y", " z"),
        *(
            '{"files": [',
            '{"path": "a.py", "content": "x"}',
            "]}",
            "def f():",
            "    pass",
            '"""',
            "",
            "x```",
            "\r",
            "\0",
        ),
        *(
            "f(1) -> 2",
            ">>> f(1)",
            "Traceback (most recent call last):",
            "| f(n) | y |",
            "|---|---|",
            "| 1 | 2 |",
            "f((",
        ),
        *("&lt;", "<![CDATA[", "]]>", "=== e.py ===", "# ... rest of the code", "\ud800", "\u2028", "я"),
    ]
)
ANSWERS = st.lists(PIECES | st.text(max_size=12), max_size=25).map("\n".join) | st.text()
PATHS = st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,7}", fullmatch=True), min_size=1, max_size=MAX_DEPTH).map(
    "/".join
)
NAMES = st.sampled_from(
    ["roman.py", "README.md", "python", "Makefile", "whole", "title", "a.json", "x.diff", "docs/a.md", "path"]
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=12).map("\n".join)
TREES = st.dictionaries((PATHS | NAMES).filter(lambda path: not broken_rule(path)), TEXTS, max_size=4)


@settings(max_examples=200, deadline=None)
@given(ANSWERS, st.sampled_from(["python", "javascript", "cobol"]), st.sampled_from([None, "a.py", "../x"]))
def test_no_answer_breaks_the_parser_and_all_its_paths_are_safe(
    answer: str, language: str, default: str | None
) -> None:
    parsed = parse_files(answer, language=language, default_path=default)

    paths = [*parsed.files, *(edit.path for edit in parsed.edits)]
    assert [check_path(path) for path in paths] == paths


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_a_tree_in_the_canonical_format_is_read_back_unchanged(tree: dict[str, str]) -> None:
    wanted = {path: _stored(text) for path, text in tree.items()}
    parsed = parse_files(render_files(wanted), language="python")

    assert (parsed.files, parsed.edits, parsed.refused, parsed.is_cut_off) == (wanted, (), (), False)


def _stored(text: str) -> str:
    text = text.replace("\r", "\n").replace("\ud800", "").replace("\0", "")
    return f"{text}\n" if text and not text.endswith("\n") else text


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a", " a", "b ", "", "  c"]), max_size=8).map("\n".join),
    st.lists(
        st.tuples(*[st.lists(st.sampled_from(["a", "b", "  a", "", "d"]), max_size=3).map("\n".join)] * 2), max_size=4
    ),
)
def test_edits_never_invent_a_line(text: str, changes: list[tuple[str, str]]) -> None:
    edits = [Edit(path="a.py", search=search, replace=replace) for search, replace in changes]
    files, failed = apply_edits({"a.py": text, "other.py": "x"}, edits)

    given_lines = {line.strip() for part in (text, *(new for _, new in changes)) for line in part.split("\n")}
    assert {line.strip() for line in files["a.py"].split("\n")} <= given_lines
    assert files["other.py"] == "x"
    assert len(failed) < len(edits) or files["a.py"] == text


@settings(deadline=None)
@given(ANSWERS)
def test_no_text_breaks_the_search_for_examples_or_json(text: str) -> None:
    for language in ("python", "javascript"):
        assert all(
            example.expression and "\n" not in example.source for example in find_examples(text, language=language)
        )
    assert isinstance(extract_json(text), dict | None)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "`",
            "\n",
            "```\n",
            "```md\n```\nx\n",
            '```python\n"""\n```\nx\n',
            "~~~~ a\n",
            "<file path=x.py>\n",
            "<a.py>\n",
            "> ```\n",
            ">",
            "<path>a.py</path><content></content>",
            "<path>a.py</path><content>\n",
            "```python\n\n\n",
        ),
        *(
            "<",
            "{",
            '{"',
            "[",
            '{"a":',
            '"',
            "\\",
            "/*",
            "//",
            ",",
            "<think>",
            "</think>\n",
            "<<<<<<< SEARCH\n",
            "=======\n",
        ),
        *(
            "--- a\n+++ b\n@@\n",
            "@@\n-a\n",
            " ",
            "\t",
            "*",
            "#",
            "- ",
            "a.py ",
            "f(",
            "f(1) -> 2 ",
            "f(1) ",
            "f('a') -> 2. ",
            "`f(",
            "round to ",
            "f(1) -> 0.3\n",
            "a.",
            "|-|\n",
            "a",
            "\r",
        ),
        *(">>> f(1)\n", '```json {"', "```python a.py\n", "### a.py\n"),
    ],
)
def test_a_hostile_answer_is_read_in_moments(piece: str) -> None:
    text = piece * (160_000 // len(piece))
    started = time.process_time()
    parse_files(text, language="python", default_path="a.py")
    extract_json(text)
    find_examples(text, language="python")

    # Linear takes a tenth of a second; quadratic would take minutes.
    assert time.process_time() - started < 10


def test_blocks_around_blocks_are_opened_once_only() -> None:
    fences = ["`" * length for length in range(900, 2, -1)]
    answer = "".join(f"{fence}markdown\n" for fence in fences) + "x\n" + "".join(f"{fence}\n" for fence in fences[::-1])

    assert parse_files(answer, language="python").files == {}


def test_a_tree_read_from_an_answer_can_be_stored() -> None:
    parsed = parse_files(render_files({"a.py": "x = 1\n", "docs/b.md": "```\n"}), language="python")

    assert check_tree(parsed.files) == parsed.files
