"""Opens a stream at a provider, through LangChain.

Provider packages take seconds to import, so each is imported when it is first used. Every call has its own HTTP
client: no redirects, no proxies from the environment, no retries of the library's own, and a connection that ends with
the call.
"""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from builds.agent.errors import AgentError
from builds.agent.llm.dialects import Dialect
from builds.agent.llm.faults import ResponseHead
from builds.agent.llm.settings import ModelName, ModelSettings
from builds.agent.llm.tokens import estimate_tokens
from builds.agent.values import ModelRequest

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage, BaseMessageChunk

SMALLEST_WINDOW = 8_192
LARGEST_WINDOW = 65_536
BACKSTOP_SECONDS = 5.0
"""How much later than our own time limits the HTTP client gives up by itself."""


@dataclass(frozen=True)
class ModelCall:
    """All that one call to a server depends on."""

    model: ModelName
    settings: ModelSettings
    request: ModelRequest
    dialect: Dialect
    head: ResponseHead

    @property
    def temperature(self) -> float | None:
        """The temperature to send; None where the server refuses one."""
        return self.request.temperature if self.dialect.has_temperature else None


def check_key(model: ModelName, settings: ModelSettings) -> None:
    """Refuse a provider whose key is missing, before anything is asked of it.

    :raises AgentError: ``model.no_key``.
    """
    keys = {"openai": settings.openai_api_key or settings.openai_base_url, "anthropic": settings.anthropic_api_key}
    if not keys.get(model.provider, "-"):
        raise AgentError("model.no_key", provider=model.provider, setting=f"{model.provider.upper()}_API_KEY")


def open_stream(call: ModelCall) -> "AsyncIterator[BaseMessageChunk]":
    """Return the stream of an answer; nothing is sent before its first chunk is asked for."""
    build = {"ollama": _ollama, "openai": _openai, "anthropic": _anthropic}[call.model.provider]
    chat, options = build(call)
    return chat.astream(_messages(call.request), **options)


def _messages(request: ModelRequest) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in request.messages]


def _ollama(call: ModelCall) -> "tuple[BaseChatModel, dict[str, Any]]":
    import httpx
    from langchain_ollama import ChatOllama

    base_url, headers = split_credentials(call.settings.ollama_base_url)
    options: dict[str, Any] = {
        "model": call.model.name,
        "base_url": base_url,
        "num_predict": call.request.max_output_tokens,
        "num_ctx": context_window(call.request),
        "temperature": call.temperature,
        "client_kwargs": _client_options(call, httpx.Timeout) | {"headers": {"Connection": "close"} | headers},
        "async_client_kwargs": _hooks(call),
    }
    return ChatOllama(**options), _ollama_structure(call)


def _ollama_structure(call: ModelCall) -> dict[str, Any]:
    if call.request.output_schema is None or call.dialect.structure == "plain":
        return {}
    return {"format": call.request.output_schema if call.dialect.structure == "schema" else "json"}


def context_window(request: ModelRequest) -> int:
    """Return the window to ask Ollama for: it cuts longer prompts silently, and reloads the model at each new size."""
    needed = 4 * estimate_tokens(message.content for message in request.messages) // 3 + request.max_output_tokens
    window = SMALLEST_WINDOW
    while window < min(needed, LARGEST_WINDOW):
        window *= 2
    return window


def _openai(call: ModelCall) -> "tuple[BaseChatModel, dict[str, Any]]":
    import openai
    from langchain_openai.chat_models.base import BaseChatOpenAI, ChatOpenAI

    base_url, headers = split_credentials(call.settings.openai_base_url)
    client_options = _client_options(call, openai.Timeout)
    options: dict[str, Any] = {
        "model": call.model.name,
        "base_url": base_url or None,
        "api_key": call.settings.openai_api_key or "none",
        "max_tokens": call.request.max_output_tokens,
        "temperature": call.temperature,
        "stream_usage": call.dialect.has_usage,
        "max_retries": 0,
        "use_responses_api": False,
        "openai_proxy": None,
        "timeout": client_options["timeout"],
        "default_headers": {"Connection": "close"} | headers,
        "http_client": openai.DefaultHttpxClient(**client_options),
        "http_async_client": openai.DefaultAsyncHttpxClient(**client_options, **_hooks(call)),
    }
    # BaseChatOpenAI sends max_tokens, which every compatible server knows; ChatOpenAI sends its newer name.
    is_compatible = bool(base_url) and not call.dialect.has_new_limit
    return (BaseChatOpenAI if is_compatible else ChatOpenAI)(**options), _openai_structure(call)


def _openai_structure(call: ModelCall) -> dict[str, Any]:
    if call.request.output_schema is None or call.dialect.structure == "plain":
        return {}
    wanted: dict[str, Any] = {"type": "json_object"}
    if call.dialect.structure == "schema":
        schema = {"name": call.request.purpose, "schema": call.request.output_schema}
        wanted = {"type": "json_schema", "json_schema": schema}
    # As extra_body, because LangChain answers a response_format of its own with a different, buffering stream.
    return {"extra_body": {"response_format": wanted}}


def _anthropic(call: ModelCall) -> "tuple[BaseChatModel, dict[str, Any]]":
    import anthropic
    from langchain_anthropic import ChatAnthropic

    base_url, headers = split_credentials(call.settings.anthropic_base_url)
    client_options = _client_options(call, anthropic.Timeout)
    access: dict[str, Any] = {
        "api_key": call.settings.anthropic_api_key,
        "base_url": base_url or None,
        "max_retries": 0,
        "timeout": client_options["timeout"],
        "default_headers": {"Connection": "close"} | headers,
    }
    client = anthropic.AsyncClient(
        **access, http_client=anthropic.DefaultAsyncHttpxClient(**client_options, **_hooks(call))
    )
    options = access | {
        "model": call.model.name,
        "max_tokens": call.request.max_output_tokens,
        "temperature": call.temperature,
        "timeout": call.settings.total_seconds,
        "anthropic_proxy": None,
    }
    chat = ChatAnthropic(**options)
    # ChatAnthropic takes no HTTP client; its cached property is filled before it is first read.
    vars(chat)["_async_client"] = client
    return chat, _anthropic_structure(call)


def _anthropic_structure(call: ModelCall) -> dict[str, Any]:
    if call.request.output_schema is None or call.dialect.structure == "plain":
        return {}
    return {"output_config": {"format": {"type": "json_schema", "schema": call.request.output_schema}}}


def _client_options(call: ModelCall, timeout: Any) -> dict[str, Any]:
    settings = call.settings
    read = max(settings.first_token_seconds, settings.idle_seconds) + BACKSTOP_SECONDS
    connect = settings.connect_seconds
    return {
        "timeout": timeout(connect=connect, read=read, write=settings.idle_seconds, pool=connect),
        "follow_redirects": False,
        "trust_env": False,
        "verify": trusted_certificates(),
    }


def _hooks(call: ModelCall) -> dict[str, Any]:
    return {"event_hooks": {"response": [call.head.observe]}}


@lru_cache(maxsize=1)
def trusted_certificates() -> ssl.SSLContext:
    """Read the certificates once: it takes 30 ms. The system's own count too, for servers with a private authority."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """Take a user and password out of an address, into a header: addresses are logged, headers are not."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    clean = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(clean), {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
