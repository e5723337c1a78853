"""A conversation with the agent: one frozen value for the page, from a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from builds.approvals import selectors as approvals
from builds.jobs.selectors import spending_in
from builds.models.approval import Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.job import ENDED, Job, JobStatus
from builds.models.run import RunEvent
from builds.pages import proofs, timeline
from builds.pages.approvals import ApprovalCard, approval_card
from builds.pages.marks import Mark, status_mark, verification_mark
from builds.pages.reading import lines
from memory import conversations, facts
from memory.attachments.selectors import with_files
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.message import Message, MessageRole

SHOWN, LISTED, BESIDE = 50, 50, 12
_STEPS = ("build.started", "node.started", "node.finished", "build.resumed", "build.waiting", "build.cancelled")


@dataclass(frozen=True)
class BuildCard:
    """A build that a message is about; ``verification`` is None until it has ended."""

    build: Build
    status: Mark
    now: str
    verification: Mark | None
    passed: int
    total: int


@dataclass(frozen=True)
class Turn:
    """One message with what it is about; ``mentioned`` are builds whose card stands further below."""

    message: Message
    cards: tuple[BuildCard, ...]
    mentioned: tuple[BuildCard, ...]
    approval: ApprovalCard | None
    facts: tuple[Fact, ...]
    """What it says was noted, as far as that is still kept."""


@dataclass(frozen=True)
class ChatPage:
    """The newest messages, oldest of them first, and what goes on."""

    conversation: Conversation
    turns: tuple[Turn, ...]
    has_older: bool
    waiting: tuple[ApprovalCard, ...]
    """What waits although its message is not among those shown."""
    work: str
    """What the agent does now, in words; empty when it does nothing."""
    can_stop: bool
    cost: Decimal


@dataclass(frozen=True)
class ChatsPage:
    """Somebody's conversations, those first in which something was said last."""

    conversations: tuple[Conversation, ...]
    has_older: bool


def chats_page(user: User, most: int = LISTED) -> ChatsPage:
    """Return the newest conversations, each with ``waits``: whether it has a proposal that waits."""
    pending = Approval.objects.filter(conversation=OuterRef("pk"), status=ApprovalStatus.PENDING)
    rows = conversations.conversations_of(user).order_by("-updated_at", "-id").annotate(waits=Exists(pending))
    found = list(rows[: most + 1])
    return ChatsPage(tuple(found[:most]), has_older=len(found) > most)


def chat_page(conversation: Conversation, user: User) -> ChatPage:
    """Assemble the page of somebody's own conversation."""
    found = list(with_files(conversations.messages_of(conversation))[: SHOWN + 1])
    said = found[:SHOWN][::-1]
    proposed = _proposed(conversation, user, said)
    cards = _cards(user, {build for message in said for build in _links(message)})
    turns = _turns(said, cards, proposed, _facts(user, said))
    inline = {turn.approval.approval.id for turn in turns if turn.approval}
    pending = [each for each in proposed.values() if each.approval.is_pending]
    work, can_stop = _work(conversation, {each.approval.job_id for each in pending})
    return ChatPage(
        conversation=conversation,
        turns=turns,
        has_older=len(found) > SHOWN,
        waiting=tuple(each for each in pending if each.approval.id not in inline),
        work=work,
        can_stop=can_stop and user.can_build,
        cost=spending_in(conversation).cost_usd,
    )


def _turns(
    said: Sequence[Message],
    cards: Mapping[UUID, BuildCard],
    proposed: Mapping[UUID, ApprovalCard],
    kept: Mapping[int, Fact],
) -> tuple[Turn, ...]:
    last = {build: message.seq for message in said for build in _links(message)}
    turns = []
    for message in said:
        about = [cards[build] for build in _links(message) if build in cards]
        asked = _approval_id(message)
        turns.append(
            Turn(
                message=message,
                cards=tuple(card for card in about if last[card.build.id] == message.seq),
                mentioned=tuple(card for card in about if last[card.build.id] != message.seq),
                approval=proposed.get(asked) if asked else None,
                facts=tuple(kept[number] for number in _fact_ids(message) if number in kept),
            )
        )
    return tuple(turns)


def _fact_ids(message: Message) -> list[int]:
    found = message.extra_metadata.get("facts")
    is_ours = message.role == MessageRole.ASSISTANT and isinstance(found, list)
    return [number for number in found if isinstance(number, int)] if is_ours else []


def _facts(user: User, said: Iterable[Message]) -> dict[int, Fact]:
    wanted = [number for message in said for number in _fact_ids(message)]
    return facts.facts_of(user).in_bulk(wanted) if wanted else {}


def _proposed(conversation: Conversation, user: User, said: Iterable[Message]) -> dict[UUID, ApprovalCard]:
    asked = [asked_id for message in said if (asked_id := _approval_id(message))]
    rows = approvals.approvals_of(user).filter(conversation=conversation)
    found = rows.filter(Q(id__in=asked) | Q(status=ApprovalStatus.PENDING))
    return {each.id: approval_card(each, user) for each in found}


def _cards(user: User, ids: Iterable[UUID]) -> dict[UUID, BuildCard]:
    rows = Build.objects.filter(user=user, id__in=ids).defer("build_logs", "generated_code", "error_details")
    builds = list(rows)
    steps = _steps([build.run_id for build in builds if not build.is_final])
    return {build.id: _card(build, steps.get(build.run_id, [])) for build in builds}


def _steps(runs: Sequence[UUID]) -> dict[UUID, list[RunEvent]]:
    found: dict[UUID, list[RunEvent]] = {}
    for event in RunEvent.objects.filter(run_id__in=runs, kind__in=_STEPS).order_by("run_id", "seq"):
        found.setdefault(event.run_id, []).append(event)
    return found


def _card(build: Build, events: Sequence[RunEvent]) -> BuildCard:
    current = next((step for step in timeline.steps(events, is_final=False) if step.is_open), None)
    passed, total = proofs.counted(build)
    return BuildCard(
        build=build,
        status=status_mark(build.status),
        now=current.title if current and not build.is_final else "",
        verification=verification_mark(build.verification) if build.is_final else None,
        passed=passed,
        total=total,
    )


def _work(conversation: Conversation, asking: set[UUID | None]) -> tuple[str, bool]:
    """Say what the agent does now, and whether it can be stopped; what waits for a yes is shown as a proposal."""
    rows = Job.objects.filter(conversation=conversation).exclude(status__in=ENDED).select_related("run")
    jobs_under_way = [job for job in rows.only("status", "run__next_attempt_at") if job.id not in asking]
    states = {job.status for job in jobs_under_way}
    if JobStatus.RUNNING in states:
        return _("The agent is at work…"), True
    if JobStatus.QUEUED in states:
        return _("Your message waits for its turn…"), True
    if not states:
        return "", False
    later = [job for job in jobs_under_way if job.run.next_attempt_at and job.run.next_attempt_at > timezone.now()]
    return (_("The agent waits for the model’s provider…"), True) if later else (_("The agent goes on at once…"), False)


def _links(message: Message) -> list[UUID]:
    return [found for text in lines(message.extra_metadata.get("links")) if (found := _uuid(text))]


def _approval_id(message: Message) -> UUID | None:
    return _uuid(message.extra_metadata.get("approval"))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
