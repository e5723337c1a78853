"""What may be done with conversations: somebody says something, and a job sees to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts import guests
from agentsite.accounts.models import ApiKey, User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.pausing import refuse_while_paused
from agentsite.accounts.runtime.table import SUBMISSIONS
from agentsite.common import hints
from agentsite.common.errors import AppError, invalid
from audit import services as audit
from builds import guarding
from builds.agent.talking.reading import speech_of
from builds.approvals import policy
from builds.approvals import services as approvals
from builds.jobs import telling
from builds.models.approval import WhileBusy
from builds.models.job import Job, JobStatus, Task
from builds.models.run import Run, RunKind
from builds.models.usage import Scope
from builds.runs import events, queue, status
from builds.runs.claim import at_work_now
from builds.runs.errors import StaleFence
from builds.runs.lanes import TALK
from builds.states import State
from memory import conversations
from memory.attachments.services import take_along
from memory.models.conversation import Conversation
from memory.models.message import Message, MessageRole
from memory.texts import clean

MAX_TITLE = 60


@dataclass(frozen=True)
class Said:
    """A message that is stored, and the job that sees to it; none for one that was there before without one."""

    message: Message
    job: Job | None
    is_new: bool


def say(
    *,
    user: User,
    conversation: Conversation,
    content: str,
    platform_message_id: str = "",
    language: str = "",
    while_busy: str = "",
    api_key: ApiKey | None = None,
    attachments: Sequence[UUID] = (),
) -> Said:
    """Take a message into the queue: message, job, run, first event and audit entries are one transaction.

    :param attachments: files of its author that no message has yet; with them it may be without words.
    :param while_busy: what happens when the agent is still at an earlier message; empty: as its author chose.
    :raises AppError: ``request.invalid``, ``request.forbidden``, ``request.sensitive``, ``conversation.archived``,
        ``conversation.busy``, ``platform.paused``.
    """
    refuse_viewers(user)
    if SUBMISSIONS.now().is_paused and not conversations.was_said(conversation, platform_message_id):
        refuse_while_paused()
    if not clean(content).strip() and not attachments:
        raise AppError("request.invalid", _("There is no message."), fields={"content": [_("Write something.")]})
    if platform_message_id.startswith(telling.OWN):
        raise invalid(platform_message_id=_("Names that begin with “%(own)s” are the agent's.") % {"own": telling.OWN})
    text, found = guarding.passed_text(user, "content", content)
    rule = while_busy or policy.preference_of(user).while_busy
    if rule == WhileBusy.INTERRUPT and not conversations.was_said(conversation, platform_message_id):
        stop_jobs(user=user, conversation=conversation)
    with transaction.atomic():
        message, is_new = conversations.append_message(
            conversation=conversation,
            role=MessageRole.USER,
            content=text,
            author=user.get_username(),
            platform_message_id=platform_message_id,
            language=language or speech_of(text),
        )
        if not is_new:
            return Said(message, Job.objects.filter(trigger_message=message).first(), is_new=False)
        if rule == WhileBusy.REJECT and Job.objects.filter(at_work_now(), conversation=conversation).exists():
            raise _busy()
        files = take_along(message, attachments)
        if found:
            guarding.write_down(user, None, found, is_redacted=text != content)
        conversations.note(conversation, title=_title(text) or ", ".join(file.name for file in files))
        job = _taken_in(user, conversation, message, api_key)
    return Said(message, job, is_new=True)


def _taken_in(user: User, conversation: Conversation, message: Message, api_key: ApiKey | None) -> Job:
    run = Run.objects.create(kind=RunKind.JOB, user=user, last_seq=1)
    job = Job.objects.create(user=user, run=run, conversation=conversation, trigger_message=message, api_key=api_key)
    guests.refuse_shut_out(user)
    events.record_first(run.id, events.NewEvent("job.submitted", {"message": message.seq}))
    hints.after_commit(queue.announce, TALK)
    telling.news(conversation.pk)
    return job


@transaction.atomic
def propose_task(*, user: User, conversation: Conversation | None, task: Task, payload: Mapping[str, Any]) -> Job:
    """Let the agent do something by itself: what it uses counts as proactive."""
    run = Run.objects.create(kind=RunKind.JOB, user=user, last_seq=1)
    job = Job.objects.create(
        user=user, run=run, conversation=conversation, task=task, scope=Scope.PROACTIVE, payload=dict(payload)
    )
    events.record_first(run.id, events.NewEvent("job.submitted", {"task": task.value}))
    _audit("job.proposed", user, job, {"task": task.value})
    hints.after_commit(queue.announce, TALK)
    return job


def stop_jobs(*, user: User, conversation: Conversation) -> int:
    """Ask what works on a conversation's messages to stop; return how many jobs there were."""
    at_work = Job.objects.filter(at_work_now(), conversation=conversation, user=user)
    return sum(cancel_job(user=user, job=job) for job in at_work.select_related("user"))


@transaction.atomic
def cancel_job(*, user: User, job: Job) -> bool:
    """Ask a job to stop; one that nobody works on is cancelled at once. False when it has ended or was asked before."""
    if job.status == JobStatus.WAITING:
        approvals.withdraw_of(job)
    if not status.request_cancel(job.run_id):
        return False
    _audit("job.cancel_requested", user, job)
    try:
        with transaction.atomic():
            status.end(job.run_id, State.CANCELLED, fence=None)
            events.record(job.run_id, events.NewEvent("job.cancelled"))
    except StaleFence:
        events.record(job.run_id, events.NewEvent("cancel.requested"))
    if job.conversation_id is not None:
        telling.news(job.conversation_id)
    return True


def _title(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= MAX_TITLE else first[:MAX_TITLE].rsplit(" ", 1)[0] + "…"


def _busy() -> AppError:
    return AppError(
        "conversation.busy",
        _("The agent still works on an earlier message."),
        hint=_("Wait for its answer, or let messages wait for their turn."),
        http_status=409,
    )


def _audit(action: str, user: User, job: Job, details: Mapping[str, object] | None = None) -> None:
    audit.record(action, user=user, resource_type="job", resource_id=str(job.id), details=dict(details or {}))
