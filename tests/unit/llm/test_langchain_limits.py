"""Time limits, cancellation and endless answers, over real HTTP."""

import time
from typing import Any

import pytest

from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.llm.settings import Provider
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.models import REMOTE_PROVIDERS, ask, model_at, question
from tests.stand_ins.replies import Reply

every_provider = pytest.mark.parametrize("provider", REMOTE_PROVIDERS)
SILENT = Reply("never heard", first_delay_seconds=30)
STUCK = Reply("one two", chunk_size=4, delay_seconds=30)


@every_provider
@pytest.mark.parametrize(
    ("reply", "limit", "phase"),
    [
        (SILENT, "first_token_seconds", "first_token"),
        (STUCK, "idle_seconds", "idle"),
        (Reply("x" * 400, chunk_size=1, delay_seconds=0.02), "total_seconds", "total"),
    ],
)
def test_each_wait_has_its_limit(provider: Provider, reply: Reply, limit: str, phase: str) -> None:
    changes: dict[str, Any] = {limit: 0.2}
    with ModelServer([reply]) as server, pytest.raises(TransientError) as caught:
        ask(model_at(server, provider, **changes))
    assert caught.value.code == "model.timeout"
    assert caught.value.details["phase"] == phase


@every_provider
@pytest.mark.parametrize("reply", [SILENT, STUCK])
def test_a_cancelled_call_hangs_up_at_once_though_the_server_is_silent(provider: Provider, reply: Reply) -> None:
    with ModelServer([reply]) as server:
        asked_at = time.monotonic() + 0.15
        with pytest.raises(Cancelled):
            ask(model_at(server, provider), is_cancelled=lambda: time.monotonic() > asked_at)
        assert time.monotonic() - asked_at < 0.3
        _wait_for_hang_up(server)
        assert server.hang_ups == 1


def _wait_for_hang_up(server: ModelServer) -> None:
    until = time.monotonic() + 1
    while not server.hang_ups and time.monotonic() < until:
        time.sleep(0.01)


@every_provider
def test_a_model_that_repeats_itself_is_stopped(provider: Provider) -> None:
    loop = Reply("    return result + 1\n" * 20_000, chunk_size=200)
    pieces: list[str] = []
    with ModelServer([loop]) as server, pytest.raises(AgentError) as caught:
        ask(model_at(server, provider), question(max_output_tokens=100_000), on_text=pieces.append)
    assert caught.value.code == "model.looping"
    assert len("".join(pieces)) < 4_000


@every_provider
def test_an_answer_far_beyond_its_limit_is_ended(provider: Provider) -> None:
    text = " ".join(str(number) for number in range(20_000))
    with ModelServer([Reply(text, chunk_size=500)]) as server:
        reply = ask(model_at(server, provider), question(max_output_tokens=100))
    assert reply.text == text[:1600]
    assert reply.finish_reason == "length"
    assert reply.is_estimated
