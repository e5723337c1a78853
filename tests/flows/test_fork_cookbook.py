"""Forks of builds that were made from the cookbook, which knows programs but can't change one."""

import pytest

from agentsite.accounts.models import User
from builds.states import State
from tests.flows.worlds import built, forked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox]
ROMAN = "A function that converts integers to Roman numerals and back.\n\nto_roman(4) == 'IV'"


@pytest.mark.parametrize(
    "change", ["Also support zero.", pytest.param("Also draw a clock: clock(4) == 'IIII'", marks=pytest.mark.thorough)]
)
def test_the_cookbook_says_that_it_cannot_change_a_project(owner: User, change: str) -> None:
    fork = forked(owner, built(owner, ROMAN), change)
    assert (fork.status, fork.error_code) == (State.FAILED, "model.cannot_extend")
    assert "cannot change a project" in fork.error_message


def test_the_cookbook_proves_new_examples_of_what_its_recipe_does(owner: User) -> None:
    fork = forked(owner, built(owner, ROMAN), "And from_roman('XLII') == 42")
    assert (fork.status, fork.verification) == (State.COMPLETED, "verified")
    examples = next(proof for proof in fork.proofs if proof["kind"] == "examples")
    assert (examples["status"], examples["total"]) == ("held", 2)
