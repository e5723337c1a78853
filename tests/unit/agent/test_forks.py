"""The workflow over an existing project."""

from dataclasses import replace
from typing import Any, cast

import pytest

from builds.agent.base import Base
from builds.agent.graph import compile_graph
from builds.agent.limits import Limits
from builds.agent.nodes.merging import test_names
from builds.agent.readme import text as readme_text
from builds.agent.state import State, first_state
from builds.agent.values import JsonDict
from tests.unit.agent.test_assembling import block
from tests.unit.agent.test_workflow import last_change, slugs
from tests.unit.agent.worlds import PASSED, World, failed

ANALYSIS: JsonDict = {"problem": "Slugs.", "interface": [{"name": "slugify", "signature": "", "summary": "A slug."}]}
OLD_CODE = "def slugify(text):\n    return text.lower()\n\n\ndef other():\n    return 1\n"
OLD_TESTS = "from slugify import slugify\n\n\ndef test_lower():\n    assert slugify('A') == 'a'\n"
TREE = {"slugify.py": OLD_CODE, "test_slugify.py": OLD_TESTS, "test_acceptance.py": "def test_examples(): ...\n"}
NEW_CODE = block("slugify.py", "def slugify(text, sep='-'):\n    return text.lower()")
NEW_TESTS = block("test_separator.py", "def test_separator():\n    assert slugify('a b', '_') == 'a_b'")
EXAMPLE: JsonDict = {
    "expression": "slugify('A')",
    "expected": "'a'",
    "raises": "",
    "function": "slugify",
    "source": "x",
}


def base(**changes: Any) -> Base:
    values: dict[str, Any] = {
        "requests": ["Write slugify(text) once upon a time."],
        "project_name": "slugs",
        "analysis": ANALYSIS,
        "examples": [],
        "acceptance_paths": ["test_acceptance.py"],
        "changed_tests": [],
        "lost_tests": False,
    }
    return cast("Base", values | changes)


def run_fork(here: World, requirements: str = "Also a separator.", *, tree: Any = TREE, **changes: Any) -> State:
    here.workspace.attempts[0] = dict(tree)
    start = first_state(requirements=requirements, description="", project_name="slugs", language="python")
    started = base(**changes)
    start |= State(base=started, changed_tests=started["changed_tests"], lost_tests=started["lost_tests"])
    return cast("State", compile_graph(here.ports).invoke(start, {"recursion_limit": 100}))


def forked(*, code: str = NEW_CODE, tests: str = NEW_TESTS, reports: Any = (PASSED, PASSED), **more: Any) -> World:
    return slugs(list(reports), code=[code], tests=[tests], **more)


def asked(here: World, purpose: str) -> str:
    request = next(request for request in here.model.requests if request.purpose == purpose)
    return "\n".join(message.content for message in request.messages)


def test_a_fork_changes_the_files_that_are_there_and_keeps_the_rest() -> None:
    here = forked()
    state = run_fork(here, tree=TREE | {"notes.py": "X = 1\n"})
    tree = here.workspace.attempts[1]
    assert "sep='-'" in tree["slugify.py"]
    assert (tree["notes.py"], tree["test_slugify.py"]) == ("X = 1\n", OLD_TESTS)
    assert "test_separator.py" in tree
    assert state["verification"] == "verified"


def test_a_small_change_may_be_given_as_lines_to_replace() -> None:
    hunk = "<<<<<<< SEARCH\n    return text.lower()\n=======\n    return text.lower().strip()\n>>>>>>> REPLACE"
    here = forked(code=block("slugify.py", hunk))
    run_fork(here)
    assert here.workspace.attempts[1]["slugify.py"] == OLD_CODE.replace("lower()", "lower().strip()")


def test_prompts_show_the_earlier_request_and_the_files() -> None:
    here = forked()
    run_fork(here)
    for purpose in ("analyse", "plan", "code", "tests"):
        assert "once upon a time" in asked(here, purpose)
    for purpose in ("analyse", "code"):
        assert "def other()" in asked(here, purpose)
    assert "slugify.py" in asked(here, "plan")


def test_tests_are_asked_for_with_the_old_tests_and_without_any_code() -> None:
    here = forked()
    run_fork(here)
    prompt = asked(here, "tests")
    assert "def test_lower" in prompt
    assert "def other" not in prompt
    assert "sep='-'" not in prompt


def test_a_build_that_begins_with_nothing_is_asked_as_ever() -> None:
    here = forked()
    here.run()
    for purpose in ("analyse", "plan", "code", "tests"):
        prompt = asked(here, purpose)
        assert "project is there already" not in prompt
        assert "{{" not in prompt


def test_a_repair_of_a_fork_sees_the_earlier_request() -> None:
    here = forked(reports=(failed(), PASSED, PASSED), repair=[f"verdict: code\n{NEW_CODE}"])
    run_fork(here)
    assert "once upon a time" in asked(here, "repair")


def test_new_tests_never_push_old_ones_out() -> None:
    here = forked(tests=block("test_slugify.py", "def test_separator(): ..."))
    run_fork(here)
    tree = here.workspace.attempts[1]
    assert tree["test_slugify.py"] == OLD_TESTS
    assert "test_separator" in tree["test_slugify_2.py"]


def test_an_old_test_file_that_keeps_all_its_tests_may_be_changed_and_is_shown_as_changed() -> None:
    changed = OLD_TESTS.replace("== 'a'", "== 'a-'") + "\n\ndef test_more(): ...\n"
    here = forked(tests=block("test_slugify.py", changed))
    state = run_fork(here)
    assert "== 'a-'" in here.workspace.attempts[1]["test_slugify.py"]
    assert last_change(here)["changed_tests"] == ["test_slugify.py"]
    assert state["changed_tests"] == []  # by a call that saw no new code


def test_an_old_test_file_may_be_given_up() -> None:
    here = forked(tests=f"{NEW_TESTS}\n```python test_slugify.py\n```\n")
    run_fork(here)
    assert "test_slugify.py" not in here.workspace.attempts[1]
    assert last_change(here)["changed_tests"] == ["test_slugify.py"]


def test_the_code_answer_changes_no_test() -> None:
    sly = block("test_slugify.py", "<<<<<<< SEARCH\n    assert slugify('A') == 'a'\n=======\n    pass\n>>>>>>> REPLACE")
    here = forked(code=f"{NEW_CODE}\n{sly}\n{block('test_new.py', 'def test_mine(): ...')}")
    run_fork(here)
    tree = here.workspace.attempts[1]
    assert tree["test_slugify.py"] == OLD_TESTS
    assert "test_new.py" not in tree


def test_tests_that_an_earlier_repair_changed_are_still_not_independent() -> None:
    here = forked()
    state = run_fork(here, changed_tests=["test_slugify.py"])
    assert (state["changed_tests"], state["verification"]) == (["test_slugify.py"], "partly")


def test_earlier_examples_still_judge() -> None:
    here = forked()
    state = run_fork(here, "Also a separator: slugify('a b', '_') -> 'a_b'", examples=[EXAMPLE])
    assert [row["expression"] for row in state["examples"]] == ["slugify('a b', '_')", "slugify('A')"]
    acceptance = here.workspace.attempts[1]["test_acceptance.py"]
    assert "slugify('a b', '_') == 'a_b'" in acceptance
    assert "slugify('A') == 'a'" in acceptance


def test_a_newer_result_for_the_same_call_replaces_the_earlier_one_and_says_so() -> None:
    here = forked()
    state = run_fork(here, 'From now on slugify("A") -> "A!" and nothing else.', examples=[EXAMPLE])
    assert [row["expected"] for row in state["examples"]] == ['"A!"']
    told = next(payload for kind, payload in here.events.events if kind == "examples.found")
    assert [row["expected"] for row in told["replaced"]] == ["'a'"]
    assert "== 'a'" not in here.workspace.attempts[1]["test_acceptance.py"]


def test_acceptance_tests_without_an_example_left_are_gone() -> None:
    here = forked()
    run_fork(here)
    assert "test_acceptance.py" not in here.workspace.attempts[1]


def test_a_readme_of_the_servers_own_follows_the_project() -> None:
    ours = readme_text({"project_name": "slugs", "language": "python"}, ANALYSIS)
    for readme, is_kept in ((ours, False), ("# My own\n", True)):
        here = forked()
        run_fork(here, tree=TREE | {"README.md": readme})
        assert (here.workspace.attempts[1]["README.md"] == readme) is is_kept


def test_a_large_project_is_shown_in_whole_files_and_the_rest_is_named_and_kept() -> None:
    here = forked(code=NEW_CODE + block("big.py", "X = 0"))
    here = replace(here, ports=replace(here.ports, limits=Limits(project_characters=1_000)))
    run_fork(here, tree=TREE | {"big.py": "X = 1\n" * 1_000})
    assert "too long to be shown: big.py (6000 characters)" in asked(here, "code")
    assert "X = 1" not in asked(here, "code")
    assert here.workspace.attempts[1]["big.py"].startswith("X = 1")
    assert last_change(here)["refused"] == ["big.py: not_shown"]


def test_an_old_file_named_like_the_acceptance_tests_gives_way_and_stays() -> None:
    here = forked()
    tree = TREE | {"test_acceptance.py": "def test_of_the_model(): ...\n"}
    run_fork(here, tree=tree, acceptance_paths=[], examples=[EXAMPLE])
    assert here.workspace.attempts[1]["test_acceptance_2.py"] == tree["test_acceptance.py"]
    assert "slugify('A')" in here.workspace.attempts[1]["test_acceptance.py"]


def test_tests_are_known_by_their_names_in_both_languages() -> None:
    assert test_names("def test_a(): ...\n\n    async def test_b(self): ...\n") == ["test_a", "test_b"]
    assert test_names("test('an a', () => {});\n  it(\"a b's\", f);\ntest(named);") == ["an a", "a b's", ""]


@pytest.mark.parametrize("node", ["plan", "generate"])
def test_a_run_may_begin_at_a_later_node(node: str) -> None:
    here = slugs([PASSED, PASSED])
    start = first_state(requirements="Write slugify.", description="", project_name="slugs", language="python")
    plan: JsonDict = {"files": [{"path": "slugify.py", "purpose": ""}], "tests": [], "steps": []}
    start |= State(start_at=node, analysis=ANALYSIS, examples=[], plan=plan, passages=[])
    compile_graph(here.ports).invoke(start, {"recursion_limit": 100})
    assert here.events.nodes[0] == node
