"""Settings that can only be judged once the code is there; a wrong one stops the start with one line."""

from urllib.parse import urlsplit

from django.conf import settings

from agentsite.env import SettingError, is_address
from builds.agent.errors import AgentError
from builds.agent.llm.choose import parse_model
from builds.webhooks import addresses
from memory.choose import chosen_embedder
from memory.embeddings import UnusableEmbedder

_ADDRESSES = ("OLLAMA_BASE_URL", "OPENAI_BASE_URL", "TRANSCRIPTION_BASE_URL", "CHROMA_URL")


def stop_on_wrong_settings() -> None:
    """Check what is set.

    :raises SettingError: naming the first that is wrong.
    """
    _check_model()
    _check_embedder()
    for name in _ADDRESSES:
        if getattr(settings, name) and not _is_address(getattr(settings, name)):
            raise SettingError(f"{name} is wrong: give an address like http://host:port")
    if settings.SANDBOX_URL and not (_is_address(settings.SANDBOX_URL) and settings.SANDBOX_URL.startswith("http:")):
        raise SettingError("SANDBOX_URL is wrong: give an address like http://host:port")
    _check_webhooks()
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if not _is_address(origin):
            raise SettingError(f"CSRF_TRUSTED_ORIGINS: {origin!r} is wrong: give scheme and host, like https://host")


def _check_model() -> None:
    try:
        if settings.AGENT_MODEL:
            parse_model(settings.AGENT_MODEL)
    except AgentError:
        raise SettingError(
            f"AGENT_MODEL={settings.AGENT_MODEL!r} is wrong: give provider:name, "
            "the provider one of ollama, openai, anthropic, cookbook"
        ) from None


def _check_embedder() -> None:
    try:
        chosen_embedder()
    except UnusableEmbedder as problem:
        raise SettingError(f"EMBEDDER={settings.EMBEDDER!r} is wrong: {problem}") from None


def _check_webhooks() -> None:
    for name in ("WEBHOOK_ALLOWED_HOSTS", "DEPLOYMENT_ALLOWED_HOSTS"):
        for word in getattr(settings, name):
            try:
                addresses.read_allowed([word])
            except ValueError:
                raise SettingError(f"{name}: {word!r} is wrong: give host or host:port") from None


def _is_address(text: str) -> bool:
    return is_address(text, {"http", "https"}) and bool(urlsplit(text).hostname)
