"""What of a model's files gets into the tree, and what a repair may do to tests."""

import json
from typing import Any

import pytest

from builds.agent.prompting import render
from tests.unit.agent.test_workflow import BETTER, CODE, TESTS, last_change, slugs
from tests.unit.agent.worlds import PASSED, failed

BARE_CODE = "```python\ndef slugify(text):\n    return text\n```"


def block(path: str, text: str) -> str:
    return f"```python {path}\n{text}\n```\n"


@pytest.mark.parametrize(
    "path", ["test_acceptance.py", "test_acceptance/__init__.py", "src/test_acceptance.py", "Test_Acceptance.py"]
)
@pytest.mark.parametrize("purpose", ["code", "tests"])
def test_nothing_of_a_model_stands_in_for_the_acceptance_tests(path: str, purpose: str) -> None:
    answers = {"code": CODE, "tests": TESTS}
    answers[purpose] += "\n" + block(path, "def test_nothing():\n    pass")
    here = slugs([PASSED, PASSED], **{name: [text] for name, text in answers.items()})
    here.run("Write slugify. For example slugify('A') -> 'a'")
    names = [name for name in here.workspace.attempts[1] if "acceptance" in name.lower()]
    assert names == ["test_acceptance.py"]
    assert "slugify('A')" in here.workspace.attempts[1]["test_acceptance.py"]


def test_a_file_whose_name_clashes_is_refused_and_the_rest_is_used() -> None:
    here = slugs([PASSED, PASSED], code=[CODE + "\n" + block("slugify.py/x.py", "x = 1")])
    assert here.run()["verification"] == "verified"
    assert last_change(here)["refused"] == ["slugify.py/x.py: collision"]


def test_a_readme_of_the_models_own_is_kept() -> None:
    here = slugs([PASSED, PASSED], code=[CODE + "\n```markdown readme.md\n# Mine\n```"])
    here.run()
    assert [name for name in here.workspace.attempts[1] if name.lower() == "readme.md"] == ["readme.md"]


def test_test_files_never_share_a_name() -> None:
    tests = block("test_slugify.py", "def test_a(): ...") + "\n" + block("tests/test_slugify.py", "def test_b(): ...")
    here = slugs([PASSED, PASSED], tests=[tests])
    here.run()
    names = [name for name in here.workspace.attempts[1] if "test_" in name]
    assert sorted(names) == ["test_slugify.py", "tests/test_slugify_2.py"]


def test_files_that_tests_need_are_kept() -> None:
    here = slugs([PASSED, PASSED], tests=[TESTS + "\n" + block("tests/data.py", "X = 1")])
    here.run()
    assert "tests/data.py" in here.workspace.attempts[1]


@pytest.mark.parametrize(
    "planned",
    ["./slugify.py", "/work/slugify.py", "slugify.py (main module)", ["README.md", "test_x.py", "slugify.py"]],
)
def test_code_without_a_path_goes_where_the_plan_says(planned: Any) -> None:
    paths = planned if isinstance(planned, list) else [planned]
    plan = json.dumps({"files": [{"path": path} for path in paths], "tests": [], "steps": []})
    here = slugs([PASSED, PASSED], plan=[plan], code=[BARE_CODE])
    here.run()
    assert "def slugify" in here.workspace.attempts[1]["slugify.py"]


@pytest.mark.parametrize(
    "files", [["slugify.py"], "slugify.py", {"slugify.py": "the function"}, [None, {"path": "slugify.py"}, {}, 7]]
)
def test_a_plan_is_understood_in_the_shapes_that_models_use(files: Any) -> None:
    here = slugs([PASSED, PASSED], plan=[json.dumps({"files": files})])
    assert here.run()["plan"]["files"][0]["path"] == "slugify.py"


@pytest.mark.parametrize(
    "interface",
    [["slugify(text: str) -> str"], {"slugify": {"signature": "slugify(text)"}}, [None, {"name": "slugify"}]],
)
def test_an_interface_is_understood_in_the_shapes_that_models_use(interface: Any) -> None:
    analysis = json.dumps({"problem": "Slugs.", "interface": interface})
    state = slugs([PASSED, PASSED], analyse=[analysis]).run()
    assert [row["name"] for row in state["analysis"]["interface"]] == ["slugify"]


def test_a_repair_that_changes_tests_needs_another_judge() -> None:
    bent = "verdict: test\n" + TESTS.replace("'a'", "'zzz'")
    state = slugs([failed(), PASSED, PASSED], repair=[bent]).run()
    assert state["verification"] == "partly"
    assert [row["reason"] for row in state["proofs"] if row["kind"] == "independence"] == ["tests.changed_by_repair"]


def test_a_repair_that_removes_tests_is_never_verified() -> None:
    emptied = block("test_slugify.py", "") + BETTER
    here = slugs([failed(), PASSED, PASSED], repair=["verdict: test\n" + emptied])
    state = here.run("Write slugify. For example slugify('A') -> 'a'")
    assert "test_slugify.py" not in here.workspace.attempts[2]
    assert state["verification"] == "partly"


def test_a_repair_that_only_mends_code_leaves_the_tests_judges() -> None:
    state = slugs([failed(), PASSED, PASSED], repair=[BETTER]).run()
    assert state["verification"] == "verified"


def test_the_description_reaches_every_call() -> None:
    here = slugs([failed(), PASSED, PASSED], repair=[BETTER])
    here.run(description="MARKER-7")
    without = [request.purpose for request in here.model.requests if "MARKER-7" not in request.messages[1].content]
    assert without == []


def test_all_foreign_text_of_a_prompt_stays_within_one_budget() -> None:
    inputs: dict[str, Any] = {"language": "python", "requirements": "short", "description": "y" * 50_000, "remark": ""}
    user = render("plan", inputs | {"analysis": "z" * 50_000}, most=20_000)[1].content
    assert len(user) < 21_000
    assert "short" in user
