"""One trace from the request to the last node, told to whoever takes traces."""

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.common import tracing
from builds import services
from builds.agent.errors import AgentError, TransientError
from builds.models.build import Build
from builds.models.pause import ProviderPause
from builds.models.run import Run
from builds.states import State
from tests import factories
from tests.measuring import ended
from tests.stand_ins.trace_receiver import Received, TraceReceiver
from tests.tracing import traced

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
THEIRS = "0123456789abcdef0123456789abcdef"
WORDS = "canary"


@pytest.fixture
def receiver(settings: Any) -> Iterator[TraceReceiver]:
    with traced(settings) as taking:
        yield taking


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What the exporter writes, whatever tests before this one made of the log."""
    heard: list[logging.LogRecord] = []
    handler, logger = logging.Handler(), logging.getLogger("agentsite.common.span_export")
    handler.emit = heard.append  # type: ignore[assignment, method-assign]
    logger.addHandler(handler)
    logger.disabled = False
    logger.setLevel(logging.WARNING)
    yield heard
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


def submitted(owner: User, **headers: str) -> Build:
    client = Client(headers=headers)
    client.force_login(owner)
    wanted = {"project_name": WORDS, "requirements": f"A function slugify(text). {WORDS}", "language": "python"}
    answer = client.post("/api/v1/builds/", wanted, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return Build.objects.get(id=answer.json()["id"])


def told(receiver: TraceReceiver) -> list[Received]:
    tracing.flush()
    return receiver.spans


def test_one_trace_leads_from_the_request_to_the_last_node(owner: User, receiver: TraceReceiver) -> None:
    build = ended(submitted(owner))
    assert build.status == State.COMPLETED
    spans = told(receiver)
    assert len({span.trace_id for span in spans}) == 1
    [request] = [span for span in spans if not span.parent_id]
    assert (request.name, request.attributes["http.response.status_code"]) == ("POST build-api-list", 201)
    [run] = receiver.named("run build")
    assert run.parent_id == request.span_id
    assert (run.attributes["run.id"], run.attributes["build.id"]) == (str(build.run_id), str(build.id))
    nodes = [span for span in spans if span.name.startswith("node ")]
    assert ({span.parent_id for span in nodes}, nodes[-1].name) == ({run.span_id}, "node finalise")
    assert {receiver.around(span) for span in receiver.named("model call")} == {f"node {n}" for n in MODEL_NODES}
    assert {receiver.around(span) for span in receiver.named("sandbox run")} == {"node test", "node finalise"}
    assert receiver.headers[0]["x-team"] == "builds"


MODEL_NODES = ("analyse", "plan", "generate")


def test_no_words_of_anybody_stand_in_a_trace(owner: User, receiver: TraceReceiver) -> None:
    ended(submitted(owner))
    seen = str(told(receiver))
    assert "node finalise" in seen
    for word in (WORDS, "slugify", owner.username, ".py", "127.0.0.1"):
        assert word not in seen


def test_a_callers_trace_is_gone_on_from(owner: User, receiver: TraceReceiver) -> None:
    ended(submitted(owner, traceparent=f"00-{THEIRS}-0123456789abcdef-01"))
    assert {span.trace_id for span in told(receiver)} == {THEIRS}


@pytest.mark.parametrize("garbage", ["", "x" * 5_000, "00-zz-zz-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_callers_nonsense_begins_a_trace_of_its_own(owner: User, receiver: TraceReceiver, garbage: str) -> None:
    build = submitted(owner, traceparent=garbage)
    [span] = told(receiver)
    assert build.run.trace_parent.split("-")[1:3] == [span.trace_id, span.span_id]


def test_a_build_that_waited_goes_on_in_its_trace(owner: User, receiver: TraceReceiver) -> None:
    build = ended(submitted(owner), answer=lambda _request: TransientError("model.overloaded", retry_after_seconds=1))
    assert build.status == State.WAITING
    ProviderPause.objects.update(until=timezone.now())
    Run.objects.update(next_attempt_at=timezone.now())
    assert ended(build).status == State.COMPLETED
    assert len({span.trace_id for span in told(receiver)}) == 1
    assert [run.error for run in receiver.named("run build")] == ["model.overloaded", ""]


def test_a_retry_names_the_trace_of_what_it_repeats(owner: User, receiver: TraceReceiver) -> None:
    first = ended(submitted(owner), answer=lambda _request: AgentError("model.empty_answer"))
    again = ended(services.retry_build(user=owner, build=first))
    told(receiver)
    [before, after] = receiver.named("run build")
    assert after.attributes["run.id"] == str(again.run_id)
    assert (after.links, after.trace_id != before.trace_id) == ((before.trace_id,), True)


def test_what_fails_is_marked_with_its_code(owner: User, receiver: TraceReceiver) -> None:
    ended(submitted(owner), answer=lambda _request: AgentError("model.empty_answer"))
    told(receiver)
    names = ("model call", "node analyse", "run build")
    assert [receiver.named(name)[-1].error for name in names] == ["model.empty_answer", "failed", "model.empty_answer"]


def test_log_lines_name_the_trace(owner: User, receiver: TraceReceiver, capsys: pytest.CaptureFixture[str]) -> None:
    ended(submitted(owner), answer=lambda _request: TransientError("model.overloaded", retry_after_seconds=1))
    import structlog

    with tracing.span("by hand") as span:
        assert structlog.contextvars.get_contextvars()["trace_id"] == span.trace_id != ""
    assert "trace_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("trouble", ["refused", "away"])
def test_a_receiver_in_trouble_costs_a_line_and_no_build(
    owner: User, receiver: TraceReceiver, settings: Any, trouble: str, lines: list[logging.LogRecord]
) -> None:
    receiver.status = 400
    if trouble == "away":
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:9"
    assert ended(submitted(owner)).status == State.COMPLETED
    before = time.monotonic()
    tracing.flush()
    assert time.monotonic() - before < 10
    assert ["traces.not_sent" in line.getMessage() for line in lines] == [True]


def test_nothing_is_kept_where_nobody_takes_traces(owner: User) -> None:
    assert factories.submitted(owner).run.trace_parent == ""
