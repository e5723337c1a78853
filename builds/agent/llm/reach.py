"""Whether a model's server is there and lets us in, asked without a prompt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from builds.agent.errors import AgentError
from builds.agent.llm.choose import parse_model
from builds.agent.llm.faults import OVERLOADED
from builds.agent.llm.providers import check_key, split_credentials, trusted_certificates
from builds.agent.llm.settings import ModelName, ModelSettings

SECONDS = 1.0
_LISTS = {
    "ollama": ("", "/api/tags"),
    "openai": ("https://api.openai.com/v1", "/models"),
    "anthropic": ("https://api.anthropic.com", "/v1/models"),
}
"""Where each provider is when no address is set, and the list of models that answers soonest."""


@dataclass(frozen=True)
class Reached:
    """What came of asking; ``code`` is empty when the server is there."""

    name: str
    code: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def reach(name: str, settings: ModelSettings) -> Reached:
    """Ask once, with little patience; the cookbook is always there."""
    try:
        model = parse_model(name)
        if model.provider == "cookbook":
            return Reached(name)
        check_key(model, settings)
    except AgentError as error:
        return Reached(name, error.code, error.details)
    code = _answer(model, settings)
    return Reached(name, code, {"model": name}) if code else Reached(name)


def _answer(model: ModelName, settings: ModelSettings) -> str:
    import httpx

    usual, path = _LISTS[model.provider]
    url, headers = split_credentials((settings.base_url(model.provider) or usual).rstrip("/"))
    asked: dict[str, Any] = {"headers": headers | _keys(model, settings), "timeout": SECONDS, "follow_redirects": False}
    try:
        with httpx.stream("GET", url + path, **asked, trust_env=False, verify=trusted_certificates()) as response:
            return _code_of(response.status_code)
    except (httpx.HTTPError, httpx.InvalidURL):
        return "model.unreachable"


def _keys(model: ModelName, settings: ModelSettings) -> dict[str, str]:
    if model.provider == "openai" and settings.openai_api_key:
        return {"Authorization": f"Bearer {settings.openai_api_key}"}
    if model.provider == "anthropic":
        return {"x-api-key": settings.anthropic_api_key, "anthropic-version": "2023-06-01"}
    return {}


def _code_of(status: int) -> str:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return "model.not_authorised"
    return "model.overloaded" if status in OVERLOADED else ""
