"""kill -9 of the worker around a transcription: what was answered and stored is never asked again.

What can't be promised: a server that was asked and had not answered when the worker died is asked once more.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from agentsite.accounts.models import User
from builds.models.job import Job
from builds.models.run import Effect, Run
from builds.models.usage import TokenUsage
from memory.models.conversation import Conversation
from tests.attachments.sending import spoken
from tests.composition import ROOT
from tests.flows.worlds import model_server, wait_until
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.replies import Reply
from tests.stand_ins.transcription_server import TranscriptionServer, slowly
from tests.talking.conversing import history, opened, work

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "hello there"


@contextmanager
def worker(model: ModelServer, listener: TranscriptionServer) -> Iterator["subprocess.Popen[str]"]:
    given = {
        "AGENT_MODEL": "openai:stand-in",
        "OPENAI_BASE_URL": model.openai_url,
        "OPENAI_API_KEY": "sk-stand-in-0123456789",
        "TRANSCRIPTION_BASE_URL": listener.base_url,
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.attachments.worker", str(connection.settings_dict["NAME"])],
        cwd=ROOT,
        env=os.environ | given,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def taken_over(conversation: Conversation) -> list[str]:
    """Let another worker go on, as if the lease had run out; return what the agent says in the end."""
    Run.objects.filter(state="running").update(lease_expires_at="2026-01-01T00:00:00Z")
    work()
    assert Job.objects.get().status == "done"
    return [content for role, content in history(conversation) if role == "assistant"]


def test_killed_after_the_transcript_was_stored_nobody_is_asked_again(owner: User, settings: Any) -> None:
    conversation = opened(owner)
    spoken(conversation)
    hanging = {"read": (Reply("{}", first_delay_seconds=60.0),)}
    with TranscriptionServer(SAID) as listener:
        settings.TRANSCRIPTION_BASE_URL = listener.base_url
        with model_server(hanging) as model, worker(model, listener):
            wait_until(lambda: bool(model.requests), seconds=60)
        said = taken_over(conversation)
        assert len(listener.recordings) == 1
    assert [words for words in said if words.startswith("I heard")] == [f"I heard: “{SAID}”"]
    assert Effect.objects.filter(kind="speech").count() == 1
    assert TokenUsage.objects.filter(provider="transcription").count() == 1


@pytest.mark.thorough
def test_killed_while_it_listens_it_is_asked_once_more_and_charged_once(owner: User, settings: Any) -> None:
    conversation = opened(owner)
    spoken(conversation)
    with TranscriptionServer(SAID) as listener:
        settings.TRANSCRIPTION_BASE_URL = listener.base_url
        listener.fault = slowly(60.0, SAID)
        with model_server({}) as model, worker(model, listener):
            wait_until(lambda: bool(listener.recordings), seconds=60)
        listener.fault = None
        said = taken_over(conversation)
        assert len(listener.recordings) == 2
    assert [words for words in said if words.startswith("I heard")] == [f"I heard: “{SAID}”"]
    assert TokenUsage.objects.filter(provider="transcription").count() == 1
