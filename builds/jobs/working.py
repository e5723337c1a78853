"""Doing one job: what the agent's second workflow needs is wired here."""

import time
from collections.abc import Callable
from typing import Any, cast

from django.utils import translation

from agentsite.accounts.runtime.table import AGENT_NODE_SECONDS
from builds import stopping, watching
from builds.agent.limits import Limits
from builds.agent.llm.clock import SystemClock
from builds.agent.ports import ChatModel, Sandbox
from builds.agent.speech.ports import Transcriber
from builds.agent.talking.phrases import spoken
from builds.agent.talking.ports import Awaiting, TalkPorts
from builds.agent.talking.state import TalkState, Turn, first_state
from builds.agent.talking.values import Reply
from builds.agent.values import JsonDict
from builds.approvals.selectors import waiting_in
from builds.attachments.texts import Readers
from builds.attempting import attempt
from builds.endings import JobEnding
from builds.jobs import files, outcomes, proactive
from builds.jobs.desk import JobDesk
from builds.jobs.knowledge import OwnKnowledge
from builds.models.build import Build
from builds.models.job import Job, Task
from builds.runs import governor
from builds.runs.checkpoint import RunSaver
from builds.runs.claim import Claim
from builds.runs.heartbeat import Heartbeat
from builds.runs.journal import RunJournal
from builds.runs.payer import Payer
from builds.runs.sink import RunEvents
from builds.states import FINAL
from memory import conversations
from memory.history import recent_history
from memory.models.conversation import Conversation
from memory.models.message import PASSING, Message, MessageRole

MAX_TURNS = 12
MAX_TURN = 4_000
_RECURSION_LIMIT = 20


def run(
    claim: Claim,
    connect: Callable[[str], ChatModel],
    sandbox: Callable[[], Sandbox],
    transcriber: Callable[[], Transcriber | None],
) -> None:
    """Do a claimed job to its end, or until it waits for an answer.

    :raises StaleFence: another worker took it over.
    """
    job = Job.objects.select_related("user", "conversation", "trigger_message", "api_key").get(run_id=claim.run_id)
    sink = RunEvents(claim)
    deadline = time.monotonic() + AGENT_NODE_SECONDS.now()
    with Heartbeat(claim) as heartbeat:

        def should_stop() -> bool:
            return heartbeat.should_stop() or stopping.is_stopping() or time.monotonic() > deadline

        def work() -> None:
            model = governor.GovernedModel(watching.WatchedModel(connect("")))
            outcomes.begin_job(run_id=claim.run_id, fence=claim.fence, model=model.name)
            if job.task != Task.MESSAGE:
                proactive.do(job, claim)
                return
            ports = _ports(claim, job, model, sink, should_stop)
            readers = Readers(
                lambda: watching.WatchedSandbox(sandbox(), "files"),
                transcriber(),
                ports.journal,
                ports.clock,
                should_stop,
            )
            with translation.override(spoken(_speech(job))):
                _talk(claim, job, ports, readers, sink)

        attempt(claim, heartbeat, JobEnding(claim.run_id, claim.fence, sink), work)


def _talk(claim: Claim, job: Job, ports: TalkPorts, readers: Readers, sink: RunEvents) -> None:
    held: Any = {"run_id": claim.run_id, "fence": claim.fence}
    try:
        state = _invoke(claim, job, ports, readers, RunSaver(claim, sink.take_pending))
    except Awaiting as asked:
        waits = outcomes.ask_for_approval(
            **held, proposal=asked.proposal, speech=_speech(job), pending=sink.take_pending()
        )
        if not waits:
            outcomes.confirm_cancel(**held)
        return
    if state is None:
        outcomes.confirm_cancel(**held)
    else:
        outcomes.finish_job(**held, state=state, pending=sink.take_pending())


def _ports(claim: Claim, job: Job, model: ChatModel, sink: RunEvents, should_stop: Callable[[], bool]) -> TalkPorts:
    return TalkPorts(
        model=model,
        events=watching.WatchedEvents(sink),
        journal=RunJournal(claim, Payer(job_id=job.id)),
        clock=SystemClock(),
        limits=Limits(),
        should_stop=should_stop,
        knowledge=OwnKnowledge(job),
        desk=JobDesk(claim, job),
    )


def _invoke(claim: Claim, job: Job, ports: TalkPorts, readers: Readers, saver: RunSaver) -> TalkState | None:
    """Go on with a job where it stood; None for one whose message was deleted before it began."""
    from builds.agent.talking.graph import compile_talk

    config: Any = {"configurable": {"thread_id": str(claim.run_id)}, "recursion_limit": _RECURSION_LIMIT}
    begun = saver.get_tuple(config) is not None
    first = None if begun else _first_state(claim, job, readers)
    if not begun and (first is None or "reply" in first):
        return first
    return cast("TalkState", compile_talk(ports, saver).invoke(first, config, durability="sync"))


def _first_state(claim: Claim, job: Job, readers: Readers) -> TalkState | None:
    """Return what is known of a message; with a reply already where it says nothing."""
    message, conversation = job.trigger_message, job.conversation
    if message is None or conversation is None:
        return None
    brought = files.bring(claim, job, message, readers)
    if brought.answer:
        return TalkState(reply=Reply(text=brought.answer))
    state = _state_of(job, message, conversation)
    return TalkState(**{**state, "attachments": list(brought.attached)}) if brought.attached else state


def _state_of(job: Job, message: Message, conversation: Conversation) -> TalkState:
    said = [turn for turn in recent_history(conversation) if turn.message_type not in PASSING]
    earlier = [turn for turn in said if turn.seq < message.seq]
    return first_state(
        message.content,
        speech=_speech(job),
        history=[Turn(role=turn.role, content=turn.content[:MAX_TURN]) for turn in earlier[-MAX_TURNS:]],
        outline=_outline(job, message.seq),
        waiting=waiting_in(conversation) is not None,
        busy=Build.objects.filter(conversation=conversation).exclude(status__in=FINAL).exists(),
    )


def _outline(job: Job, before: int) -> JsonDict:
    """Return the plan that the agent's last words show; empty when they show none."""
    if job.conversation is None:
        return {}
    agents = conversations.messages_of(job.conversation).filter(seq__lt=before, role=MessageRole.ASSISTANT)
    said = agents.exclude(message_type__in=PASSING).first()
    found = said.extra_metadata.get("outline") if said else None
    return dict(found) if isinstance(found, dict) else {}


def _speech(job: Job) -> str:
    return job.trigger_message.language if job.trigger_message else "en"
