"""Talking to the agent in tests: say something, let its jobs be done, read what it said."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentsite.accounts.models import User
from builds import runner
from builds.agent.ports import ChatModel
from builds.agent.talking.values import Proposal
from builds.jobs import services as jobs
from builds.models.approval import Approval
from builds.models.job import Job
from builds.runner import Engines
from builds.runs.lanes import TALK, WORK
from memory import conversations
from memory.models.conversation import Conversation
from tests.stand_ins.remembering import remembering

PROPOSAL = Proposal(
    action="build",
    project_name="roman",
    requirements="Write to_roman(number).",
    language="python",
    model="cookbook:recipes",
    cost_at_most_usd="0.000000",
    files=[],
    parent="",
    parent_name="",
    attempt=0,
    budget_usd=None,
)


def opened(user: User, platform: str = "api", **more: Any) -> Conversation:
    """Open a conversation."""
    return conversations.open_conversation(user=user, platform=platform, **more)[0]


def said(conversation: Conversation, content: str, **more: Any) -> Job:
    """Say something; the job that sees to it waits."""
    job = jobs.say(user=conversation.user, conversation=conversation, content=content, **more).job
    assert job is not None
    return job


def work(*, model: Callable[[str], ChatModel] | None = None) -> int:
    """Do what waits in both lanes; return how much it was."""
    engines = Engines(toolchain=remembering)
    engines = replace(engines, model=model) if model else engines
    count = 0
    while any(runner.run_next(lane=lane, engines=engines) is not None for lane in (TALK, WORK)):
        count += 1
    return count


def talked(conversation: Conversation, content: str, *, model: Any = None, **more: Any) -> Job:
    """Say something, let everything be done that waits, and return the job."""
    job = said(conversation, content, **more)
    work(model=model)
    job.refresh_from_db()
    return job


def history(conversation: Conversation) -> list[tuple[str, str]]:
    """Return who said what, oldest first."""
    return [(each.role, each.content) for each in conversations.messages_of(conversation)][::-1]


def last_words(conversation: Conversation) -> str:
    """Return what was said last."""
    return history(conversation)[-1][1]


def waiting(user: User) -> Approval:
    """Return the one proposal that waits for somebody's answer."""
    return Approval.objects.get(user=user, status="pending")
