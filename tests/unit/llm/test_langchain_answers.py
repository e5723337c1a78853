"""Answers of real providers' protocols, over real HTTP."""

from collections.abc import Callable

import pytest

from builds.agent.errors import AgentError
from builds.agent.llm.settings import Provider
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.models import KEY, REMOTE_PROVIDERS, ask, model_at, question
from tests.stand_ins.replies import Json, Reply

every_provider = pytest.mark.parametrize("provider", REMOTE_PROVIDERS)
SCHEMA = {"type": "object", "properties": {"risk": {"type": "string"}}, "required": ["risk"]}


@every_provider
def test_pieces_are_heard_while_the_server_still_speaks(provider: Provider) -> None:
    with ModelServer([Reply("one two three four", chunk_size=4, delay_seconds=0.05)]) as server:
        pieces: list[str] = []
        heard: list[int] = []

        def is_cancelled() -> bool:
            heard.append(len(pieces))
            return False

        ask(model_at(server, provider), on_text=pieces.append, is_cancelled=is_cancelled)
    assert 1 in heard
    assert len(pieces) == 5


@every_provider
def test_usage_is_what_the_server_counted(provider: Provider) -> None:
    with ModelServer(["a few words of answer"]) as server:
        reply = ask(model_at(server, provider))
    assert (reply.tokens_input, reply.tokens_output) == (9, 5)
    assert not reply.is_estimated


@every_provider
def test_without_usage_tokens_are_estimated_from_the_text(provider: Provider) -> None:
    with ModelServer([Reply("x" * 40, no_usage=True)]) as server:
        reply = ask(model_at(server, provider))
    assert reply.tokens_output == 10
    assert reply.tokens_input > 9
    assert reply.is_estimated


@every_provider
def test_an_answer_stopped_by_its_limit_says_so(provider: Provider) -> None:
    with ModelServer([Reply("half an ans", finish_reason="length")]) as server:
        assert ask(model_at(server, provider)).finish_reason == "length"


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_filtered_answer_is_refused(provider: Provider) -> None:
    with ModelServer([Reply("I", finish_reason="content_filter")]) as server:
        assert ask(model_at(server, provider)).finish_reason == "refused"


@every_provider
def test_the_request_carries_limit_temperature_and_prompt(provider: Provider) -> None:
    with ModelServer(["fine"]) as server:
        ask(model_at(server, provider), question(text="Sort it.", max_output_tokens=77, temperature=0.2))
        body = server.requests[0].body
    limits = {**body, **body.get("options", {})}
    assert 77 in {limits.get("max_tokens"), limits.get("num_predict")}
    assert limits["temperature"] == 0.2
    assert body["messages"][-1]["content"] == "Sort it."
    assert server.requests[0].purpose == "code"


@every_provider
def test_the_connection_ends_with_the_call(provider: Provider) -> None:
    with ModelServer(["fine"]) as server:
        ask(model_at(server, provider))
    assert server.requests[0].headers["connection"] == "close"


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_key_travels_in_a_header_and_shows_nowhere_else(provider: Provider) -> None:
    with ModelServer(["fine"], api_key=KEY) as server:
        model = model_at(server, provider)
        assert ask(model).text == "fine"
    assert KEY not in repr(model) + repr(vars(model)) + str(server.requests[0].body)


@every_provider
def test_no_log_holds_a_key_or_password(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with ModelServer(["fine"]) as server:
        url = server.url.replace("//", "//anna:secret-word@")
        ask(model_at(server, provider, ollama_base_url=url))
    assert caplog.text
    assert KEY not in caplog.text
    assert "secret-word" not in caplog.text


def _structure_of(body: Json) -> str:
    """Say which structured output a request asks for, in any protocol."""
    wanted = body.get("format") or body.get("response_format") or body.get("output_config", {}).get("format")
    if wanted is None:
        return "plain"
    return "json" if wanted in ("json", {"type": "json_object"}) else "schema"


def _server_that_knows(structures: set[str]) -> Callable[[Json], Reply]:
    def route(body: Json) -> Reply:
        if _structure_of(body) in structures:
            return Reply('{"risk": "low"}')
        return Reply(status=400, error="this output format is not supported")

    return route


@every_provider
def test_a_schema_is_sent_where_the_server_takes_it(provider: Provider) -> None:
    with ModelServer(_server_that_knows({"schema"})) as server:
        assert ask(model_at(server, provider), question("analyse", output_schema=SCHEMA)).text == '{"risk": "low"}'
    assert "risk" in str(server.requests[0].body)


@every_provider
def test_a_rejected_structure_is_given_up_step_by_step_and_that_is_remembered(provider: Provider) -> None:
    with ModelServer(_server_that_knows({"plain"})) as server:
        for _ in range(2):
            ask(model_at(server, provider), question("analyse", output_schema=SCHEMA))
    steps = [_structure_of(request.body) for request in server.requests]
    assert steps in (["schema", "json", "plain", "plain"], ["schema", "plain", "plain"])


@pytest.mark.parametrize("parameter", ["temperature", "stream_options"])
def test_a_parameter_the_server_does_not_know_is_left_out(parameter: str) -> None:
    def route(body: Json) -> Reply:
        if parameter in body:
            return Reply(status=422, error=f"unknown parameter: {parameter}")
        return Reply("fine")

    with ModelServer(route) as server:
        assert ask(model_at(server, "openai")).text == "fine"
    assert len(server.requests) == 2


def test_a_server_that_wants_the_newer_limit_gets_it() -> None:
    def route(body: Json) -> Reply:
        refusal = Reply(status=400, error="use max_completion_tokens")
        return Reply("fine") if "max_completion_tokens" in body else refusal

    with ModelServer(route) as server:
        assert ask(model_at(server, "openai")).text == "fine"


@every_provider
def test_a_rejection_that_no_step_cures_is_reported_with_the_servers_words(provider: Provider) -> None:
    refusal = Reply(status=400, error=f"no such thing, key {KEY}")
    with ModelServer([refusal]) as server, pytest.raises(AgentError) as caught:
        ask(model_at(server, provider))
    assert caught.value.code == "model.rejected"
    assert "no such thing" in str(caught.value)
    assert KEY not in str(caught.value)


def test_thinking_is_no_part_of_the_answer() -> None:
    with ModelServer(["<think>Hm.</think>\n\nFine."]) as server:
        assert ask(model_at(server, "ollama")).text == "Fine."


@every_provider
def test_a_long_prompt_arrives_whole(provider: Provider) -> None:
    with ModelServer(["fine"]) as server:
        ask(model_at(server, provider), question(text="word " * 12_000))
        body = server.requests[0].body
    assert body["messages"][-1]["content"] == "word " * 12_000
    assert provider != "ollama" or body["options"]["num_ctx"] == 32_768
