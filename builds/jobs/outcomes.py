"""How jobs are begun, set aside and ended by whoever works on them; each is one transaction under its fence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation

from audit import services as audit
from builds import failures
from builds.agent.talking.phrases import say, spoken
from builds.agent.talking.state import TalkState
from builds.agent.talking.values import Intent, Proposal
from builds.approvals import services as approvals
from builds.jobs import telling
from builds.models.job import Job, JobMode
from builds.runs import events, status
from builds.runs.fence import held
from builds.states import State
from memory import conversations


def begin_job(*, run_id: UUID, fence: int, model: str) -> None:
    """Show that a worker has taken a job up.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    with held(run_id, fence):
        kind = "job.started" if status.show_started(run_id) else "job.resumed"
        events.record(run_id, events.NewEvent(kind, {"model": model, "attempt": fence}))


@transaction.atomic
def ask_for_approval(
    *, run_id: UUID, fence: int, proposal: Proposal, speech: str, pending: Sequence[events.NewEvent] = ()
) -> bool:
    """Put a proposal to the job's author and step aside; False, and nothing was written, when it is to be cancelled.

    :raises StaleFence: another worker took the job over; nothing was written.
    """
    if not status.wait_for_answer(run_id, fence):
        return False
    job = _job(run_id)
    events.record(run_id, *pending)
    asked = job.approvals.order_by("-id").first()
    if asked is not None:  # it was asked before; an answer that came meanwhile found nothing to let go on
        if not asked.is_pending:
            status.go_on(run_id)
        return True
    text = telling.proposal(speech, proposal)
    said = telling.tell(job, text, key="proposal", intent="proposal")
    Job.objects.filter(id=job.id).update(mode=JobMode.EXECUTE)
    approval = approvals.ask(job, proposal, text)
    if said is not None:
        conversations.add_metadata(said, {"approval": str(approval.id)})
    return True


@transaction.atomic
def finish_job(*, run_id: UUID, fence: int, state: TalkState, pending: Sequence[events.NewEvent] = ()) -> None:
    """Close a job with what the agent says: message, status, last event and audit entry are one transaction.

    :raises StaleFence: another worker took the job over; nothing was written.
    """
    status.end(run_id, State.COMPLETED, fence=fence)
    job = _job(run_id)
    reply = state.get("reply", {})
    intent = str(state.get("reading", {}).get("intent", ""))
    changes: dict[str, Any] = {"mode": _mode_of(state)}
    if reply.get("text"):
        known: dict[str, Any] = {name: reply[name] for name in ("links", "outline", "fallback") if reply.get(name)}
        if intent == Intent.REMEMBER and job.trigger_message is not None:
            known["facts"] = list(job.trigger_message.facts.values_list("pk", flat=True))
        answer = telling.tell(
            job, reply["text"], key="answer", intent=intent, known=known, model=reply.get("model", "")
        )
        changes["answer_message"] = answer
    Job.objects.filter(id=job.id).update(**changes)
    if intent and job.conversation is not None:
        conversations.note(job.conversation, intent=intent)
    events.record(run_id, *pending, events.NewEvent("job.completed", {"intent": intent}))
    _audit("job.completed", job, {"intent": intent})


@transaction.atomic
def fail_job(
    *,
    run_id: UUID,
    fence: int,
    code: str,
    details: Mapping[str, object],
    pending: Sequence[events.NewEvent] = (),
) -> None:
    """Close a job that could not go on, and say why in its conversation: no message stays without an answer.

    :raises StaleFence: another worker took the job over; nothing was written.
    """
    status.end(run_id, State.FAILED, fence=fence)
    job = _job(run_id)
    reason = failures.message(code, dict(details))
    Job.objects.filter(id=job.id).update(error_code=code, error_message=reason)
    speech = job.trigger_message.language if job.trigger_message else "en"
    with translation.override(spoken(speech)):
        told = failures.message(code, dict(details))
    telling.tell(job, say(speech, "failed", reason=told), key="answer", intent="", known={"error": code})
    events.record(run_id, *pending, events.NewEvent("job.failed", {"error_code": code}))
    _audit("job.failed", job, {"code": code}, error=code)


@transaction.atomic
def confirm_cancel(*, run_id: UUID, fence: int) -> None:
    """Close a job as cancelled, once everything it had started is dead.

    :raises StaleFence: another worker took the job over; nothing was written.
    """
    status.end(run_id, State.CANCELLED, fence=fence)
    events.record(run_id, events.NewEvent("job.cancelled"))
    job = _job(run_id)
    _audit("job.cancelled", job)
    if job.conversation_id is not None:
        telling.news(job.conversation_id)


@transaction.atomic
def set_aside(*, run_id: UUID, fence: int, code: str, seconds: float, pending: Sequence[events.NewEvent] = ()) -> bool:
    """Let a job wait for its model; False when somebody wants it cancelled.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    if not status.wait(run_id, fence, seconds=seconds):
        return False
    until = (timezone.now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    events.record(run_id, *pending, events.NewEvent("job.waiting", {"code": code, "until": until}))
    return True


def _job(run_id: UUID) -> Job:
    return Job.objects.select_related("user", "conversation", "trigger_message").get(run_id=run_id)


def _mode_of(state: TalkState) -> JobMode:
    if "proposal" in state:
        return JobMode.EXECUTE
    return JobMode.PLAN if state.get("reply", {}).get("outline") else JobMode.ANSWER


def _audit(action: str, job: Job, details: Mapping[str, object] | None = None, *, error: str = "") -> None:
    told = dict(details or {})
    audit.record(action, user=job.user, resource_type="job", resource_id=str(job.id), details=told, error=error)
