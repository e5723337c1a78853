"""Chooses a model by its configured name, or finds one when none is configured."""

import json
import re
import time
from typing import Any

from builds.agent.errors import AgentError
from builds.agent.llm.settings import PROVIDERS, ModelName, ModelSettings
from builds.agent.ports import ChatModel, Clock

COOKBOOK = "cookbook:recipes"
LOOK_SECONDS = 1.0
LARGEST_LIST = 1 << 20
_CODER = ("code", "codestral", "devstral", "starcoder")
_EMBEDDING = ("embed", "bge", "minilm", "rerank", "e5-")
_SIZE = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)([mb])\b", re.IGNORECASE)


def parse_model(name: str) -> ModelName:
    """Read ``provider:name``; ``cookbook`` alone is enough for the cookbook.

    :raises AgentError: ``model.unknown``.
    """
    given, _, model = name.strip().partition(":")
    provider = next((each for each in PROVIDERS if each == given.lower()), None)
    if provider == "cookbook" and model in {"", "recipes"}:
        return ModelName("cookbook", "recipes")
    if provider is None or provider == "cookbook" or not model.strip():
        raise AgentError("model.unknown", model=name[:200], providers=list(PROVIDERS))
    return ModelName(provider, model.strip())


def connect_model(name: str, settings: ModelSettings, clock: Clock | None = None) -> ChatModel:
    """Return the model of a name; nothing is asked of its server yet.

    :raises AgentError: ``model.unknown`` or ``model.no_key``.
    """
    model = parse_model(name)
    if model.provider == "cookbook":
        from builds.agent.cookbook.model import CookbookModel

        return CookbookModel()
    from builds.agent.llm.langchain_model import LangChainModel

    return LangChainModel(model, settings, clock)


def default_model(settings: ModelSettings) -> str:
    """Return the best model of a local Ollama that answers within a second, else the cookbook.

    Best is: made for code, then larger. Models that only embed are left out.
    """
    models = [model for model in _ollama_models(settings) if not _is_embedding(model)]
    if not models:
        return COOKBOOK
    return f"ollama:{max(models, key=_rank)['name']}"


def _rank(model: dict[str, Any]) -> tuple[bool, float, str]:
    name = str(model["name"]).lower()
    return any(word in name for word in _CODER), _billions(model), name


def _is_embedding(model: dict[str, Any]) -> bool:
    family = str(_details(model).get("family", "")).lower()
    return "bert" in family or any(word in str(model["name"]).lower() for word in _EMBEDDING)


def _billions(model: dict[str, Any]) -> float:
    """Return a model's parameters in thousands of millions, as the server or else the name says."""
    found = _SIZE.search(str(_details(model).get("parameter_size", ""))) or _SIZE.search(str(model["name"]))
    if not found:
        return 0.0
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)


def _details(model: dict[str, Any]) -> dict[str, Any]:
    details = model.get("details")
    return details if isinstance(details, dict) else {}


def _ollama_models(settings: ModelSettings) -> list[dict[str, Any]]:
    """Ask Ollama for its models; a server that is absent, slow or something else has none."""
    try:
        listed = json.loads(_get(settings.ollama_base_url)).get("models", [])
        return [model for model in listed if isinstance(model.get("name"), str) and model["name"]]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def _get(base_url: str) -> bytes:
    import httpx

    from builds.agent.llm.providers import split_credentials

    url, headers = split_credentials(base_url.rstrip("/"))
    until, body = time.monotonic() + LOOK_SECONDS, b""
    options: dict[str, Any] = {"timeout": LOOK_SECONDS, "follow_redirects": False, "trust_env": False}
    try:
        with httpx.stream("GET", f"{url}/api/tags", headers=headers, **options) as response:
            for piece in response.raise_for_status().iter_bytes():
                body += piece
                if time.monotonic() > until or len(body) > LARGEST_LIST:
                    raise TimeoutError
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError from error
    return body
