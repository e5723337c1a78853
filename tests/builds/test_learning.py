"""What a finished build proposes, and what kept memories and facts bring into the prompts of the next one."""

import pytest

from agentsite.accounts.models import User
from builds import learning, library, lineage
from builds.models.build import Build
from memory import facts, memories
from memory.models.memory import Memory
from tests import factories
from tests.flows.worlds import built, model_server
from tests.memory.conftest import a_build
from tests.stand_ins import scripts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
REQUEST = """Roman numerals and back.
I prefer short functions with type hints. Always raise ValueError for bad input! It never rains in California.
Never."""


def proposals(user: User) -> list[tuple[str, str]]:
    mine = Memory.objects.filter(user=user, is_proposed=True).order_by("id")
    return [(memory.memory_type, memory.value) for memory in mine]


def finished(user: User, requirements: str) -> Build:
    build = factories.completed(user)
    Build.objects.filter(pk=build.pk).update(requirements=requirements)
    library.remember_waiting()
    return build


def test_standing_wishes_of_a_request_are_proposed_and_others_are_not(owner: User) -> None:
    build = finished(owner, REQUEST)
    texts = [text for kind, text in proposals(owner) if kind == "preference"]
    assert texts[:2] == ["I prefer short functions with type hints.", "Always raise ValueError for bad input!"]
    assert "Never." not in texts
    assert set(Memory.objects.filter(user=owner).values_list("source_build", flat=True)) == {build.pk}


def test_a_sentence_that_cannot_be_kept_costs_no_other(owner: User) -> None:
    finished(owner, "Always use tabs in code.\nNever write a\u202eb anywhere.\nI prefer short functions.")
    texts = [text for kind, text in proposals(owner) if kind == "preference"]
    assert texts[:2] == ["Always use tabs in code.", "I prefer short functions."]


def test_proposing_again_proposes_once_and_never_over_what_is_kept(owner: User) -> None:
    finished(owner, "Always use tabs in the code.")
    kept = memories.keep(user=owner, memory=Memory.objects.get(memory_type="preference"))
    memories.change(user=owner, memory=kept, value="Use spaces.")
    finished(owner, "Always use tabs in the code.")
    assert Memory.objects.get(memory_type="preference").value == "Use spaces."


@pytest.mark.sandbox
def test_what_mended_a_build_is_proposed_as_a_learning(owner: User) -> None:
    with model_server(scripts.FAILS_THEN_PASSES):
        build = built(owner)
    assert build.verification == "verified"
    learned = [text for kind, text in proposals(owner) if kind == "learning"]
    assert len(learned) == 1
    assert "failed at first" in learned[0]
    assert "test_" in learned[0]


def test_nothing_is_told_before_it_is_kept(owner: User) -> None:
    memories.propose(user=owner, memory_type="preference", key="style", value="tabs")
    assert learning.known_of(a_build(owner)) == []


def test_kept_preferences_and_facts_are_told_the_important_first(owner: User) -> None:
    for key, importance in (("less", 0.1), ("more", 0.9)):
        memories.remember(user=owner, memory_type="preference", key=key, value=f"{key} of it", importance=importance)
    memories.remember(user=owner, memory_type="context", key="city", value="Bern")
    facts.add_fact(user=owner, fact_text="Our servers run Debian.")
    assert learning.known_of(a_build(owner)) == ["more of it", "less of it", "Our servers run Debian."]


def test_what_is_told_fits_a_budget_and_the_guard(owner: User, settings: pytest.FixtureRequest) -> None:
    settings.AGENT_INPUT_GUARD = "redact"  # type: ignore[attr-defined]  # Django's settings
    facts.add_fact(user=owner, fact_text="Write to ada.king@analytical-engines.com")
    for number in range(5):
        facts.add_fact(user=owner, fact_text=f"{number} " + "x" * 1_500)
    told = learning.known_of(a_build(owner))
    assert 0 < sum(map(len, told)) <= learning.MAX_KNOWN_CHARACTERS
    assert not any("ada.king" in text for text in told)


def test_others_memories_and_a_build_without_memory_are_told_nothing(owner: User, stranger: User) -> None:
    memories.remember(user=owner, memory_type="preference", key="style", value="tabs")
    assert learning.known_of(a_build(stranger)) == []
    build = a_build(owner)
    build.use_memory = False
    assert learning.known_of(build) == []


def test_the_first_prompts_hold_what_is_known_fenced_as_data(owner: User) -> None:
    memories.remember(user=owner, memory_type="preference", key="style", value="Write\nvery short functions.")
    request = lineage.first_state_of(a_build(owner))["request"]
    assert request["known"] == "- Write very short functions."


@pytest.mark.sandbox
def test_a_model_is_told_what_is_known_and_the_writer_of_tests_is_not(owner: User) -> None:
    memories.remember(user=owner, memory_type="preference", key="style", value="Write very short functions.")
    with model_server(scripts.GOOD_BUILD) as server:
        built(owner)
    told = {asked.purpose for asked in server.requests if "very short functions" in str(asked.body)}
    assert told == {"analyse", "code"}
