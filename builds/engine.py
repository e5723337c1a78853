"""Which model and which sandbox this process works with; found once, told to everybody who asks."""

import threading
import time
from dataclasses import dataclass

from django.conf import settings

from agentsite.accounts.runtime.table import AGENT_MODEL
from builds import sandbox_report
from builds.agent.errors import AgentError
from builds.agent.llm.choose import connect_model, default_model
from builds.agent.llm.reach import Reached, reach
from builds.agent.llm.settings import ModelSettings
from builds.agent.ports import ChatModel, Sandbox
from builds.agent.speech.client import HttpTranscriber
from builds.agent.speech.ports import Transcriber
from builds.agent.values import SandboxDescription
from builds.sandbox import letters
from builds.sandbox.choose import choose_sandbox
from builds.toolchains import registry
from builds.toolchains.registry import LanguageStatus

_LOOK_AGAIN_SECONDS = 30.0
_lock = threading.Lock()
_found_model: tuple[float, str] | None = None


def model_settings() -> ModelSettings:
    """Return how to reach models, from the settings."""
    return ModelSettings(
        ollama_base_url=settings.OLLAMA_BASE_URL,
        openai_base_url=settings.OPENAI_BASE_URL,
        openai_api_key=settings.OPENAI_API_KEY,
        anthropic_api_key=settings.ANTHROPIC_API_KEY,
        first_token_seconds=settings.MODEL_FIRST_TOKEN_SECONDS,
        idle_seconds=settings.MODEL_IDLE_SECONDS,
        total_seconds=settings.MODEL_TOTAL_SECONDS,
    )


def model_name() -> str:
    """Return ``provider:name`` of the model in use: the configured one, a local Ollama's best, or the cookbook.

    What was found is looked for again after half a minute, so that an Ollama started later is noticed.
    """
    global _found_model  # noqa: PLW0603  one memory for the process
    configured = AGENT_MODEL.now()
    if configured:
        return configured
    with _lock:
        if _found_model is None or time.monotonic() - _found_model[0] > _LOOK_AGAIN_SECONDS:
            _found_model = (time.monotonic(), default_model(model_settings()))
        return _found_model[1]


def model(wanted: str = "") -> ChatModel:
    """Connect the wanted model, or the one that builds use.

    :raises AgentError: ``model.unknown``.
    """
    return connect_model(wanted or model_name(), model_settings())


def reach_model() -> Reached:
    """Ask the server of the model in use whether it is there; costs no tokens."""
    return reach(model_name(), model_settings())


def sandbox() -> Sandbox:
    """Return the sandbox of this machine.

    :raises AgentError: ``sandbox.unavailable``.
    """
    return choose_sandbox()


def transcriber() -> Transcriber | None:
    """Return who writes recordings down; None when the operator has connected nobody."""
    if not settings.TRANSCRIPTION_BASE_URL:
        return None
    return HttpTranscriber(
        settings.TRANSCRIPTION_BASE_URL, settings.TRANSCRIPTION_API_KEY, settings.TRANSCRIPTION_MODEL
    )


@dataclass(frozen=True)
class SandboxHealth:
    """Whether code can be run here, and where, or why not."""

    description: SandboxDescription | None
    error: AgentError | None


def sandbox_health() -> SandboxHealth:
    """Say whether there is a working sandbox."""
    if sandbox_report.is_elsewhere():
        told = sandbox_report.shared()
        return SandboxHealth(told.description, AgentError(told.error, **told.details) if told.error else None)
    try:
        return SandboxHealth(sandbox().describe(), None)
    except AgentError as error:
        return SandboxHealth(None, error)


def reads_letters() -> bool:
    """Say whether letters in images are read where this installation's code runs."""
    return sandbox_report.known().reads_letters if settings.SANDBOX_URL else letters.are_read()


def languages() -> tuple[LanguageStatus, ...]:
    """Return every known language and whether it can be built where this installation's code runs."""
    if not settings.SANDBOX_URL:
        return registry.languages()
    return registry.as_status(sandbox_report.known().problems)


def language(name: str) -> LanguageStatus | None:
    """Return a known language and whether it can be built where this installation's code runs."""
    if not settings.SANDBOX_URL:
        return registry.language(name)
    return next((each for each in languages() if each.name == name), None)
