"""What goes wrong at a provider, over real HTTP."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.llm.settings import Provider
from builds.agent.scripted.clock import ManualClock
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.models import KEY, REMOTE_PROVIDERS, ask, model_at
from tests.stand_ins.replies import Reply

every_provider = pytest.mark.parametrize("provider", REMOTE_PROVIDERS)
FINE = Reply("fine")


@every_provider
@pytest.mark.parametrize("status", [409, 425, 429, 500, 502, 503, 529])
def test_a_passing_fault_is_tried_again(provider: Provider, status: int) -> None:
    clock = ManualClock()
    with ModelServer([Reply(status=status), FINE]) as server:
        assert ask(model_at(server, provider, clock, retries=1)).text == "fine"
    assert 0.5 <= clock.total_slept <= 1.0


@every_provider
def test_the_servers_own_wait_is_kept(provider: Provider) -> None:
    clock = ManualClock()
    with ModelServer([Reply(status=429, headers={"Retry-After": "7"}), FINE]) as server:
        assert ask(model_at(server, provider, clock, retries=1)).text == "fine"
    assert clock.total_slept == pytest.approx(7)


def test_the_wait_a_server_asks_for_may_be_a_date() -> None:
    clock = ManualClock()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    with ModelServer([Reply(status=429, headers={"Retry-After": later}), FINE]) as server:
        ask(model_at(server, "openai", clock, retries=1, total_seconds=90))
    assert 7 < clock.total_slept <= 9


def test_a_wait_beyond_the_whole_time_is_not_begun() -> None:
    clock = ManualClock()
    busy = Reply(status=429, headers={"Retry-After": "30"})
    with ModelServer([busy, FINE]) as server, pytest.raises(TransientError) as caught:
        ask(model_at(server, "openai", clock, retries=3, total_seconds=20))
    assert clock.total_slept == 0
    assert caught.value.retry_after_seconds == 30


@every_provider
def test_an_overload_that_lasts_is_reported_with_the_number_of_tries(provider: Provider) -> None:
    with ModelServer([Reply(status=503, is_endless=True)]) as server, pytest.raises(TransientError) as caught:
        ask(model_at(server, provider, retries=2))
    assert caught.value.code == "model.overloaded"
    assert caught.value.details == {"status": 503, "attempts": 3}
    assert len(server.requests) == 3


def test_a_run_can_be_cancelled_between_two_tries() -> None:
    clock = ManualClock()
    with ModelServer([Reply(status=429, headers={"Retry-After": "9"}), FINE]) as server, pytest.raises(Cancelled):
        ask(model_at(server, "openai", clock, retries=1), is_cancelled=lambda: clock.monotonic() > 5)
    assert clock.total_slept < 6


@every_provider
def test_a_refused_connection_is_unreachable(provider: Provider) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with ModelServer() as server, pytest.raises(TransientError) as caught:
            ask(model_at(server, provider, ollama_base_url=url, openai_base_url=url, anthropic_base_url=url))
    assert caught.value.code == "model.unreachable"


@every_provider
def test_a_connection_dropped_before_any_answer_is_unreachable(provider: Provider) -> None:
    with ModelServer([Reply(drop_connection=True), FINE]) as server:
        assert ask(model_at(server, provider, retries=1)).text == "fine"
    with ModelServer([Reply(drop_connection=True)]) as server, pytest.raises(TransientError) as caught:
        ask(model_at(server, provider))
    assert caught.value.code == "model.unreachable"


@every_provider
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("a long answer", chunk_size=3, cut_after=6), "model.cut_off"),
        (Reply(status=408), "model.timeout"),
        (Reply(status=504), "model.timeout"),
    ],
)
def test_a_fault_that_may_have_cost_something_is_left_to_whoever_pays(
    provider: Provider, reply: Reply, code: str
) -> None:
    with ModelServer([reply, FINE]) as server, pytest.raises(TransientError) as caught:
        ask(model_at(server, provider, retries=3))
    assert caught.value.code == code
    assert len(server.requests) == 1


@every_provider
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=401), "model.not_authorised"),
        (Reply(status=403), "model.not_authorised"),
        (Reply(status=404, error="model 'coder' not found"), "model.not_found"),
        (Reply(status=402), "model.no_credit"),
        (Reply(status=413), "model.context_too_long"),
        (Reply(status=400, error="maximum context length is 8192 tokens"), "model.context_too_long"),
        (Reply(status=400, error="prompt is too long: 9000 tokens"), "model.context_too_long"),
        (Reply(status=429, error="insufficient_quota: check your plan"), "model.no_credit"),
        (Reply(status=418), "model.rejected"),
        (Reply(html="<html>Sign in</html>"), "model.not_a_model"),
        (Reply(html="<html>No such page</html>", status=404), "model.not_a_model"),
        (Reply(html="", status=302, headers={"Location": "/login"}), "model.not_a_model"),
        (Reply(""), "model.empty_answer"),
        (Reply("  \n "), "model.empty_answer"),
        (Reply("<think>Hm", finish_reason="length"), "model.empty_answer"),
    ],
)
def test_a_lasting_fault_has_a_code_and_is_not_tried_again(provider: Provider, reply: Reply, code: str) -> None:
    with ModelServer([reply, FINE]) as server, pytest.raises(AgentError) as caught:
        ask(model_at(server, provider, retries=3))
    assert caught.value.code == code
    assert not isinstance(caught.value, TransientError)
    assert len(server.requests) == 1


@every_provider
def test_a_proxys_error_page_for_a_passing_fault_is_still_passing(provider: Provider) -> None:
    with ModelServer([Reply(html="<html>Bad gateway</html>", status=502), FINE]) as server:
        assert ask(model_at(server, provider, retries=1)).text == "fine"


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_wrong_key_is_named_by_no_error(provider: Provider) -> None:
    with ModelServer(api_key="another") as server, pytest.raises(AgentError) as caught:
        ask(model_at(server, provider))
    assert caught.value.code == "model.not_authorised"
    assert caught.value.__context__ is None
    assert KEY not in repr(caught.value) + str(caught.value)


@every_provider
def test_an_unknown_model_is_not_found(provider: Provider) -> None:
    with ModelServer(models=["another"]) as server, pytest.raises(AgentError) as caught:
        ask(model_at(server, provider))
    assert (caught.value.code, caught.value.details) == ("model.not_found", {"model": f"{provider}:coder"})


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_missing_key_is_noticed_before_anything_is_asked(provider: Provider) -> None:
    with ModelServer() as server, pytest.raises(AgentError) as caught:
        model_at(server, provider, openai_api_key="", openai_base_url="", anthropic_api_key="")
    assert caught.value.code == "model.no_key"
    assert caught.value.details["setting"] == f"{provider.upper()}_API_KEY"


def test_a_password_in_the_address_becomes_a_header_and_shows_in_no_error() -> None:
    with ModelServer([Reply(status=400)]) as server:
        url = server.url.replace("//", "//anna:secret-word@")
        with pytest.raises(AgentError) as caught:
            ask(model_at(server, "ollama", ollama_base_url=url))
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert "secret-word" not in str(caught.value)
