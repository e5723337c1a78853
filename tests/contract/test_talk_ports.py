"""What holds for every desk and for every source of knowledge: the scripted ones and the real ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from agentsite.accounts.models import User
from builds.agent.errors import AgentError
from builds.agent.scripted.talking import ScriptedDesk, ScriptedKnowledge
from builds.agent.talking.ports import Desk, Knowledge
from builds.agent.talking.values import Brief, Outline, Proposal
from builds.jobs import outcomes as jobs
from builds.jobs.desk import JobDesk
from builds.jobs.knowledge import OwnKnowledge
from builds.models.job import Job
from builds.runs.claim import Claim, claim_next
from builds.runs.lanes import TALK
from memory import facts
from memory.models.conversation import Conversation
from tests import factories
from tests.talking.conversing import opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
OUTLINE = Outline(project_name="roman", requirements="Write to_roman(number).")
FACT = "Our servers run Debian."


class Place(Protocol):
    """Somewhere to work: a desk, and how a proposal is shown there."""

    parent: str
    """A build with files."""
    bare: str
    """One without."""

    @property
    def desk(self) -> Desk:
        """Return the desk."""

    def show(self, proposal: Proposal) -> None:
        """Let a proposal wait for an answer."""

    def go_on(self) -> None:
        """Take the job up again once it was answered."""


@dataclass
class ScriptedPlace:
    desk: ScriptedDesk
    parent: str = "done"
    bare: str = "new"

    def show(self, proposal: Proposal) -> None:
        self.desk.show(proposal)

    def go_on(self) -> None:
        pass


@dataclass
class RealPlace:
    job: Job
    claim: Claim
    conversation: Conversation
    parent: str
    bare: str

    @property
    def desk(self) -> JobDesk:
        return JobDesk(self.claim, self.job)

    def show(self, proposal: Proposal) -> None:
        asked = {"run_id": self.claim.run_id, "fence": self.claim.fence}
        assert jobs.ask_for_approval(**asked, proposal=proposal, speech="en")  # type: ignore[arg-type]

    def go_on(self) -> None:
        self.claim = _claimed(self.job)


def _claimed(job: Job) -> Claim:
    claim = claim_next("tests", run_id=job.run_id, lane=TALK)
    assert claim is not None
    jobs.begin_job(run_id=claim.run_id, fence=claim.fence, model="cookbook:recipes")
    job.refresh_from_db()
    return claim


@pytest.fixture(params=["scripted", "real"])
def place(request: pytest.FixtureRequest, owner: User) -> Place:
    if request.param == "scripted":
        return ScriptedPlace(ScriptedDesk({"done": ["roman.py"]}))
    parent, bare = factories.completed(owner), factories.submitted(owner)
    conversation = opened(owner)
    job = said(conversation, "Write to_roman(number).")
    return RealPlace(job, _claimed(job), conversation, str(parent.id), str(bare.id))


def test_a_proposal_is_complete(place: Place) -> None:
    proposal = place.desk.propose(OUTLINE, programming="javascript", parent="")
    assert (proposal["action"], proposal["project_name"], proposal["language"]) == ("build", "roman", "javascript")
    assert proposal["requirements"] == OUTLINE.requirements
    assert (proposal["parent"], proposal["budget_usd"], proposal["cost_at_most_usd"]) == ("", None, "0.000000")


def test_a_change_names_the_files_of_what_is_changed(place: Place) -> None:
    proposal = place.desk.propose(OUTLINE, programming="", parent=place.parent)
    assert (proposal["action"], proposal["parent"]) == ("fork", place.parent)
    assert "roman.py" in proposal["files"]


def test_what_has_no_files_cannot_be_changed(place: Place) -> None:
    with pytest.raises(AgentError, match=r"job\.no_files"):
        place.desk.propose(OUTLINE, programming="", parent=place.bare)


def test_there_is_no_decision_before_an_answer_and_then_that_one(place: Place) -> None:
    proposal = place.desk.propose(OUTLINE, programming="", parent="")
    assert place.desk.decision(proposal) is None
    place.show(proposal)
    assert place.desk.decision(proposal) is None
    assert place.desk.decide(approve=False, reason="too long")
    decision = place.desk.decision(proposal)
    assert decision is not None
    assert (decision.status, decision.reason) == ("rejected", "too long")


def test_where_nothing_waits_nothing_is_answered(place: Place) -> None:
    assert not place.desk.decide(approve=True, reason="")


def test_what_waits_can_be_withdrawn_once(place: Place) -> None:
    place.show(place.desk.propose(OUTLINE, programming="", parent=""))
    assert [place.desk.stop()[1], place.desk.stop()[1]] == [True, False]


def test_a_build_is_started_once_however_often_its_step_runs(place: Place) -> None:
    proposal = place.desk.propose(OUTLINE, programming="", parent="")
    place.show(proposal)
    place.desk.decide(approve=True, reason="")
    place.go_on()
    first = place.desk.start(proposal, {"project_name": "Numerals"})
    assert place.desk.start(proposal, {}) == first


def test_the_same_is_kept_once(place: Place, owner: User) -> None:
    assert [place.desk.remember(FACT), place.desk.remember(FACT)] == ["", ""]
    assert facts.facts_of(owner).count() <= 1


def test_what_is_noted_is_kept_once(place: Place, owner: User) -> None:
    for _ in range(2):
        place.desk.note([FACT])
    assert facts.facts_of(owner).count() <= 1


@pytest.fixture(params=["scripted", "real"])
def knowledge(request: pytest.FixtureRequest, owner: User, stranger: User) -> Iterator[Callable[[], Knowledge]]:
    factories.failed(stranger, name="theirs")
    build = factories.failed(owner, name="roman")
    facts.add_fact(user=owner, fact_text=FACT)
    job = said(opened(owner), "why?")
    if request.param == "real":
        yield lambda: OwnKnowledge(job)
        return
    brief: Brief = OwnKnowledge(job).builds()[0]
    evidence = {str(build.id): {"error": build.error_message}}
    yield lambda: ScriptedKnowledge([brief], evidence, [FACT])


def test_what_is_known_is_ones_own(knowledge: Callable[[], Knowledge]) -> None:
    known = knowledge()
    (build,) = known.builds()
    assert (build["name"], build["status"], build["in_conversation"]) == ("roman", "failed", False)
    assert known.evidence(build["id"])["error"]
    assert list(known.facts()) == [FACT]
    assert known.spending().keys() == {"today", "week", "month"}


def test_nothing_is_known_of_what_is_not_there(knowledge: Callable[[], Knowledge]) -> None:
    assert knowledge().evidence("01a20000-0000-7000-8000-000000000000") == {}
