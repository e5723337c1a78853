"""Changed requests that start from a build's files, from the form to the verdict."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from builds import housekeeping, selectors, services
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.states import State
from builds.workspace import stored_tree
from tests.flows import worlds
from tests.flows.worlds import built, ended, model_server
from tests.stand_ins import scripts
from tests.stand_ins.replies import Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, pytest.mark.engine]
CHANGE = 'Also take another separator: slugify("Hello World", "_") -> \'hello_world\'.'
ANALYSIS = scripts.ANALYSIS.replace("(text: str)", "(text: str, separator: str = '-')")
CODE = scripts.GOOD_CODE.replace("(text: str)", '(text: str, separator: str = "-")').replace(
    '"-".join', "separator.join"
)
TESTS = """```python test_slugify.py
from slugify import slugify


def test_another_separator():
    assert slugify("a b c", "_") == "a_b_c"


def test_no_separator_at_all():
    assert slugify("a b c", "") == "abc"
```
"""
FORK = {
    purpose: (Reply(text),)
    for purpose, text in {"analyse": ANALYSIS, "plan": scripts.PLAN, "code": CODE, "tests": TESTS}.items()
}


def forked(user: User, build: Build, requirements: str = CHANGE, **changes: Any) -> Build:
    return worlds.forked(user, build, requirements, **changes)


@pytest.fixture
def parent(owner: User) -> Build:
    with model_server(scripts.GOOD_BUILD):
        return built(owner)


def test_a_fork_ends_verified_with_old_and_new_tests(owner: User, parent: Build) -> None:
    with model_server(FORK):
        fork = forked(owner, parent)
    assert (fork.status, fork.verification) == (State.COMPLETED, "verified")
    names = {test["id"] for test in fork.test_results["tests"]}
    assert {
        "test_slugify.py::test_words_are_joined_by_one_hyphen",
        "test_slugify_2.py::test_another_separator",
        "test_acceptance.py::test_example_1",
        "test_acceptance.py::test_example_3",
    } <= names
    assert selectors.attempts(fork.id) == [0, 1]
    assert stored_tree(fork.id, 0) == stored_tree(parent.id, 1)
    examples = next(proof for proof in fork.proofs if proof["kind"] == "examples")
    assert (examples["status"], examples["total"]) == ("held", 3)


def test_a_fork_that_breaks_an_old_example_is_never_green(owner: User, parent: Build) -> None:
    broken = scripts.UNDERSCORE_CODE.replace("(text: str)", '(text: str, separator: str = "_")')
    useless = Reply(f"verdict: test\nIt is as asked.\n\n{broken}", is_endless=True)
    with model_server({**FORK, "code": (Reply(broken),), "repair": (useless,)}):
        fork = forked(owner, parent)
    assert (fork.status, fork.verification) == (State.FAILED, "unverified")


def test_a_fork_of_an_old_build_takes_over_the_same_as_of_a_new_one(owner: User, parent: Build) -> None:
    new = started_from(owner, parent)
    Build.objects.filter(id=parent.id).update(completed_at=timezone.now() - timedelta(days=31))
    housekeeping.tidy()
    assert started_from(owner, parent) == new
    assert new["examples"]


def test_the_retry_of_an_old_fork_starts_from_the_same_files(owner: User, parent: Build) -> None:
    fork = services.fork_build(user=owner, build=parent, attempt=1, requirements=CHANGE)
    base = fork.run.graph_state["start"]["base"]
    services.cancel_build(user=owner, build=fork)
    Build.objects.filter(id=fork.id).update(completed_at=timezone.now() - timedelta(days=31))
    housekeeping.tidy()
    again = services.retry_build(user=owner, build=Build.objects.get(id=fork.id))
    assert again.run.graph_state["start"]["base"] == base
    assert stored_tree(again.id, 0) == stored_tree(fork.id, 0)


def started_from(user: User, build: Build) -> dict[str, Any]:
    """Submit a fork and return what it starts from."""
    fork = services.fork_build(user=user, build=Build.objects.get(id=build.id), attempt=1, requirements=CHANGE)
    base: dict[str, Any] = fork.run.graph_state["start"]["base"]
    return base


def test_what_an_example_said_can_be_given_up(owner: User, parent: Build) -> None:
    outdated = [row["expression"] for row in parent.run.graph_state["checkpoint"]["channel_values"]["examples"]]
    changed = scripts.UNDERSCORE_TESTS
    with model_server({**FORK, "code": (Reply(scripts.UNDERSCORE_CODE),), "tests": (Reply(changed),)}):
        fork = forked(owner, parent, "Use underscores instead of hyphens everywhere.", outdated_examples=outdated)
    assert (fork.status, fork.verification) == (State.COMPLETED, "verified")
    told = RunEvent.objects.get(run=fork.run, kind="files.changed").payload
    assert told["changed_tests"] == ["test_slugify.py"]
    assert "test_acceptance.py" not in stored_tree(fork.id, 1)


def test_a_fork_that_fails_in_a_step_goes_on_there(owner: User, parent: Build) -> None:
    with model_server({**FORK, "code": (Reply(status=401),)}):
        fork = forked(owner, parent)
    assert fork.error_code == "model.not_authorised"
    again = services.retry_build(user=owner, build=fork, from_node="failed")
    with model_server(FORK) as server:
        ended(again)
    assert [request.purpose for request in server.requests] == ["code"]
    assert (again.verification, selectors.attempts(again.id)) == ("verified", [0, 1])


def test_the_tests_of_a_fork_are_asked_for_without_any_code(owner: User, parent: Build) -> None:
    with model_server(FORK) as server:
        forked(owner, parent)
    asked = {request.purpose: json.dumps(request.body) for request in server.requests}
    assert "re.findall" in asked["code"]
    assert "re.findall" not in asked["tests"]
    assert "test_words_are_joined_by_one_hyphen" in asked["tests"]
