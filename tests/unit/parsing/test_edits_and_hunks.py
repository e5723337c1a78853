"""Changes instead of whole files: how they are read and when they apply."""

import pytest

from builds.agent.parsing.edits import Edit, apply_edits
from builds.agent.parsing.files import MAX_EDITS, ParsedFiles, parse_files

CODE = "def f(n):\n    return n\n\n\ndef g(n):\n    return n\n"
HUNK = "<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n"
EDIT = Edit(path="roman.py", search="    return 1\n", replace="    return 2\n")
DIFF = "--- a/roman.py\n+++ b/roman.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n"
DIFF_EDIT = Edit(path="roman.py", search="def f():\n    return 1\n", replace="def f():\n    return 2\n")


def parse(answer: str, default_path: str | None = None) -> ParsedFiles:
    return parse_files(answer, language="python", default_path=default_path)


@pytest.mark.parametrize(
    "answer",
    [
        f"```python roman.py\n{HUNK}```",
        f"roman.py\n```python\n{HUNK}```",
        f"### `roman.py`\n\n```\n{HUNK}```",
        f"```python\nroman.py\n{HUNK}```",
        f"```\nroman.py\n{HUNK}```",
        f"```python\n# roman.py\n{HUNK}```",
        f"roman.py\n{HUNK}",
        f"**roman.py**:\n\n{HUNK}\nThat is all.",
        f"In a list:\n\n   roman.py\n   ```\n   {HUNK.replace(chr(10), chr(10) + '   ').rstrip(' ')}   ```",
    ],
)
def test_a_search_and_replace_hunk_is_an_edit(answer: str) -> None:
    parsed = parse(answer)

    assert (parsed.edits, parsed.files, parsed.is_cut_off) == ((EDIT,), {}, False)


def test_hunks_without_a_name_change_the_file_before_or_the_one_that_was_asked_for() -> None:
    assert [edit.path for edit in parse(f"a.py\n{HUNK}\n{HUNK}b.py\n{HUNK}").edits] == ["a.py", "a.py", "b.py"]
    assert parse(HUNK, "roman.py").edits == (EDIT,)
    assert parse(HUNK).notes == ("edit_without_path",)


def test_a_hunk_without_end_is_not_an_edit() -> None:
    parsed = parse("```python roman.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n")

    assert (parsed.edits, parsed.files, parsed.is_cut_off) == ((), {}, True)


def test_an_edit_of_an_unsafe_path_is_refused() -> None:
    parsed = parse(f"```python ../roman.py\n{HUNK}```")

    assert (parsed.edits, parsed.refused) == ((), (("../roman.py", "traversal"),))


def test_there_is_a_limit_of_edits() -> None:
    parsed = parse("roman.py\n" + HUNK * (MAX_EDITS + 1))

    assert (len(parsed.edits), parsed.notes) == (MAX_EDITS, ("too_many_edits",))


@pytest.mark.parametrize(
    "answer",
    [
        f"```diff\n{DIFF}```",
        f"```\n{DIFF}```",
        f"Apply this:\n\n{DIFF}",
        f"```diff roman.py\n{DIFF[DIFF.index('@@') :]}```",
    ],
)
def test_a_unified_diff_is_an_edit(answer: str) -> None:
    assert parse(answer).edits == (DIFF_EDIT,)


def test_a_diff_makes_new_files_and_deletes_none() -> None:
    new = "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,2 @@\n+x = 1\n+\n"
    gone = "--- a/b.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-y = 2\n"
    parsed = parse(f"```diff\n{new}{gone}```")

    assert (parsed.files, parsed.edits, parsed.notes) == ({"a.py": "x = 1\n\n"}, (), ("deletion_ignored",))


def test_each_hunk_of_a_diff_is_an_edit_of_its_own() -> None:
    parsed = parse("```diff\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n c\n\n-d\n\n```")

    assert [(edit.search, edit.replace) for edit in parsed.edits] == [("a\n", "b\n"), ("c\n\nd\n", "c\n\n")]


def apply(search: str, replace: str, text: str = CODE) -> str | None:
    files, failed = apply_edits({"a.py": text}, [Edit(path="a.py", search=search, replace=replace)])
    assert (files == {"a.py": text}) or not failed
    return None if failed else files["a.py"]


def test_lines_that_stand_there_once_are_replaced() -> None:
    assert apply("def f(n):\n    return n\n", "def f(n):\n    return -n\n") == CODE.replace("return n", "return -n", 1)


def test_lines_can_be_taken_out() -> None:
    assert apply("def f(n):\n    return n\n\n\n", "") == "def g(n):\n    return n\n"


def test_the_end_of_a_file_without_newline_is_found() -> None:
    assert apply("y\n", "z\n", "x\ny") == "x\nz"


def test_space_at_line_ends_does_no_harm() -> None:
    assert apply("def f(n):   \n    return n\n", "x\n") == CODE.replace("def f(n):\n    return n", "x")


@pytest.mark.parametrize("indent", ["", "        ", "\t    "])
def test_another_indentation_is_taken_from_the_file(indent: str) -> None:
    text = "class A:\n    def f(self):\n        return 1\n"
    search = f"{indent}def f(self):\n{indent}    return 1\n"
    replace = f"{indent}def f(self):\n\n{indent}    return 2\n"

    assert apply(search, replace, text) == "class A:\n    def f(self):\n\n        return 2\n"


def test_an_indentation_that_is_not_uniform_is_not_found() -> None:
    assert apply("if x:\nreturn 1\n", "pass\n", "    if x:\n        return 1\n") is None


def test_a_part_of_a_line_is_not_found() -> None:
    assert apply("x = 1\n", "x = 2\n", "xx = 1\nx = 11\n") is None


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit(path="a.py", search="    return n\n", replace="x\n"), "ambiguous"),
        (Edit(path="a.py", search="return n\n", replace="x\n"), "ambiguous"),
        (Edit(path="a.py", search="def h(n):\n", replace="x\n"), "not_found"),
        (Edit(path="b.py", search="def f(n):\n", replace="x\n"), "no_such_file"),
        (Edit(path="a.py", search="", replace="x\n"), "file_exists"),
        (Edit(path="../b.py", search="", replace="x\n"), "unsafe_path"),
    ],
)
def test_an_edit_that_is_not_certain_fails_and_changes_nothing(edit: Edit, reason: str) -> None:
    files, failed = apply_edits({"a.py": CODE}, [edit])

    assert files == {"a.py": CODE}
    assert [(failure.edit, failure.reason) for failure in failed] == [(edit, reason)]


def test_an_edit_without_search_makes_a_new_file() -> None:
    files, failed = apply_edits({"a.py": CODE}, [Edit(path="b.py", search="", replace="x = 1\n")])

    assert (files, failed) == ({"a.py": CODE, "b.py": "x = 1\n"}, [])


def test_edits_build_on_each_other_and_a_failed_one_stops_nobody() -> None:
    steps = [("a\n", "b\n"), ("nowhere\n", "x\n"), ("b\n", "c\n")]
    files, failed = apply_edits({"a.py": "a\n"}, [Edit(path="a.py", search=old, replace=new) for old, new in steps])

    assert (files, len(failed)) == ({"a.py": "c\n"}, 1)
