"""Connects real model adapters to the stand-in server, with time limits a test can wait for."""

from collections.abc import Callable, Sequence
from typing import Any

from builds.agent.llm.langchain_model import LangChainModel
from builds.agent.llm.settings import ModelName, ModelSettings, Provider
from builds.agent.ports import ChatModel
from builds.agent.scripted.clock import ManualClock
from builds.agent.values import ChatMessage, ModelReply, ModelRequest
from tests.stand_ins.model_server import ModelServer

REMOTE_PROVIDERS: Sequence[Provider] = ("ollama", "openai", "anthropic")
KEY = "sk-stand-in-0123456789"


def settings_for(server: ModelServer, **changes: Any) -> ModelSettings:
    """Return settings that lead every provider to a stand-in, without retries unless asked for."""
    values: dict[str, Any] = {
        "ollama_base_url": server.url,
        "openai_base_url": server.openai_url,
        "anthropic_base_url": server.url,
        "openai_api_key": KEY,
        "anthropic_api_key": KEY,
        "first_token_seconds": 5.0,
        "idle_seconds": 5.0,
        "total_seconds": 20.0,
        "connect_seconds": 1.0,
        "retries": 0,
    }
    return ModelSettings(**(values | changes))


def model_at(
    server: ModelServer, provider: Provider, clock: ManualClock | None = None, *, name: str = "coder", **changes: Any
) -> LangChainModel:
    """Return an adapter of one provider's protocol at a stand-in; its waits take no time."""
    return LangChainModel(ModelName(provider, name), settings_for(server, **changes), clock or ManualClock())


def question(
    purpose: str = "code", *, text: str = "Write a program.", max_output_tokens: int = 1000, **changes: Any
) -> ModelRequest:
    """Return a request as the agent renders them, with the purpose on the system message's first line."""
    messages = (
        ChatMessage(role="system", content=f"purpose: {purpose}\nYou write small programs."),
        ChatMessage(role="user", content=text),
    )
    values: dict[str, Any] = {"purpose": purpose, "inputs": {}, "max_output_tokens": max_output_tokens}
    return ModelRequest.model_validate(values | {"messages": messages} | changes)


def ask(
    model: ChatModel,
    request: ModelRequest | None = None,
    *,
    on_text: Callable[[str], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ModelReply:
    """Ask a model, by default something whose answer is of no interest."""
    return model.complete(request or question(), on_text=on_text, is_cancelled=is_cancelled)
