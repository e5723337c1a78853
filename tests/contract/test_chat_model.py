"""What every implementation of the ``ChatModel`` port does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from builds.agent.errors import Cancelled
from builds.agent.llm.choose import connect_model, parse_model
from builds.agent.llm.settings import ModelSettings, Provider
from builds.agent.ports import ChatModel
from builds.agent.scripted.model import ScriptedModel
from builds.agent.values import ModelRequest
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.models import REMOTE_PROVIDERS, ask, model_at, question
from tests.stand_ins.replies import Reply
from tests.stand_ins.scripts import ANALYSIS, GOOD_CODE, PLAN

IMPLEMENTATIONS = ["scripted", "cookbook", *REMOTE_PROVIDERS]
REQUEST = "A function slugify that turns a title into a URL slug."


@pytest.fixture(params=IMPLEMENTATIONS)
def model(request: pytest.FixtureRequest) -> Iterator[ChatModel]:
    if request.param == "scripted":
        yield ScriptedModel(lambda _: GOOD_CODE)
    elif request.param == "cookbook":
        yield connect_model("cookbook", ModelSettings())
    else:
        with ModelServer([Reply(GOOD_CODE, is_endless=True)]) as server:
            yield model_at(server, cast("Provider", request.param))


@pytest.fixture
def request_for_code() -> ModelRequest:
    inputs = {"requirements": REQUEST, "language": "python", "analysis": ANALYSIS, "plan": PLAN, "passages": ""}
    return question("code", text=REQUEST, inputs=inputs | {"remark": ""})


def test_the_name_says_provider_and_model(model: ChatModel) -> None:
    provider, _, name = model.name.partition(":")
    assert provider
    assert name


def test_the_pieces_make_up_the_answer(model: ChatModel, request_for_code: ModelRequest) -> None:
    pieces: list[str] = []
    reply = ask(model, request_for_code, on_text=pieces.append)
    assert reply.text
    assert "".join(pieces) == reply.text


def test_the_reply_names_its_model_and_counts_tokens(model: ChatModel, request_for_code: ModelRequest) -> None:
    reply = ask(model, request_for_code)
    assert reply.model == model.name
    assert reply.tokens_input >= 0
    assert (reply.tokens_output == 0) is model.name.startswith("cookbook")  # recipes are no tokens
    assert reply.finish_reason == "stop"
    assert reply.duration_seconds >= 0


def test_a_cancelled_run_hears_nothing(model: ChatModel, request_for_code: ModelRequest) -> None:
    pieces: list[str] = []
    with pytest.raises(Cancelled):
        ask(model, request_for_code, on_text=pieces.append, is_cancelled=lambda: True)
    assert pieces == []


def test_a_run_can_be_cancelled_while_it_answers(model: ChatModel, request_for_code: ModelRequest) -> None:
    pieces: list[str] = []
    with pytest.raises(Cancelled):
        ask(model, request_for_code, on_text=pieces.append, is_cancelled=lambda: bool(pieces))
    assert pieces


def test_several_threads_may_ask_at_once(model: ChatModel, request_for_code: ModelRequest) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: ask(model, request_for_code), range(4)))
    assert len({reply.text for reply in replies}) == 1


def test_what_a_listener_raises_is_not_swallowed(model: ChatModel, request_for_code: ModelRequest) -> None:
    def refuse(text: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(model, request_for_code, on_text=refuse)


def test_a_name_of_a_provider_leads_to_its_model() -> None:
    model = connect_model("ollama:qwen2.5-coder:7b", ModelSettings())
    assert model.name == str(parse_model("ollama:qwen2.5-coder:7b"))
