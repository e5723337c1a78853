"""Choosing a model by name, and finding one when none is configured."""

import subprocess
import sys
import time
from typing import Any

import pytest

from builds.agent.errors import AgentError
from builds.agent.llm.choose import connect_model, default_model, parse_model
from builds.agent.llm.settings import ModelName, ModelSettings
from tests.stand_ins.model_server import ModelServer


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ollama:qwen2.5-coder:7b", ModelName("ollama", "qwen2.5-coder:7b")),
        ("openai:gpt-4o-mini", ModelName("openai", "gpt-4o-mini")),
        (" Anthropic:claude-sonnet-4-5 ", ModelName("anthropic", "claude-sonnet-4-5")),
        ("cookbook", ModelName("cookbook", "recipes")),
        ("cookbook:recipes", ModelName("cookbook", "recipes")),
    ],
)
def test_a_name_is_a_provider_and_a_model(text: str, name: ModelName) -> None:
    assert parse_model(text) == name


@pytest.mark.parametrize("text", ["", "gpt-4o", "ollama", "ollama:", "openai: ", "bedrock:x", "cookbook:soup"])
def test_an_unknown_name_is_refused_with_the_known_providers(text: str) -> None:
    with pytest.raises(AgentError) as caught:
        connect_model(text, ModelSettings())
    assert caught.value.code == "model.unknown"
    assert caught.value.details == {"model": text, "providers": ["ollama", "openai", "anthropic", "cookbook"]}


def test_keys_and_addresses_stay_out_of_the_settings_repr() -> None:
    shown = repr(ModelSettings(openai_api_key="sk-1", anthropic_api_key="sk-2", openai_base_url="http://a:pw@h"))
    assert "sk-" not in shown
    assert "pw" not in shown


def _default_among(*models: str | dict[str, Any]) -> str:
    with ModelServer(models=models) as server:
        return default_model(ModelSettings(ollama_base_url=server.url))


def test_a_model_made_for_code_comes_before_a_larger_one() -> None:
    assert _default_among("llama3.1:70b", "qwen2.5-coder:7b") == "ollama:qwen2.5-coder:7b"


@pytest.mark.parametrize("name", ["deepseek-coder:6.7b", "codestral:22b", "codellama:7b", "starcoder2:3b"])
def test_families_made_for_code_are_known(name: str) -> None:
    assert _default_among(name, "mistral:200b") == f"ollama:{name}"


def test_among_models_for_code_the_larger_wins_by_what_the_server_says() -> None:
    small = {"name": "a-coder:latest", "details": {"parameter_size": "494.03M"}}
    large = {"name": "b-coder:latest", "details": {"parameter_size": "7.6B"}}
    assert _default_among(small, large, "c-coder:1.5b") == "ollama:b-coder:latest"


def test_models_that_only_embed_are_left_out() -> None:
    embedding = {"name": "secret:9b", "details": {"family": "nomic-bert"}}
    assert _default_among("nomic-embed-text:latest", "bge-m3", embedding, "phi3") == "ollama:phi3"
    assert _default_among("nomic-embed-text:latest") == "cookbook:recipes"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "no address", "http://[broken"])
def test_without_a_server_the_cookbook_answers(url: str) -> None:
    assert default_model(ModelSettings(ollama_base_url=url)) == "cookbook:recipes"


@pytest.mark.parametrize("models", [[], {"models": 3}, {"models": [3]}, {"models": [{"name": 3}]}, "x"])
def test_a_server_that_is_something_else_counts_as_none(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as server:
        monkeypatch.setattr(server, "model_list", lambda: models)
        assert default_model(ModelSettings(ollama_base_url=server.url)) == "cookbook:recipes"


def test_a_silent_server_is_waited_for_no_longer_than_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as server:
        monkeypatch.setattr(server, "model_list", lambda: time.sleep(3))
        started = time.monotonic()
        assert default_model(ModelSettings(ollama_base_url=server.url)) == "cookbook:recipes"
        assert time.monotonic() - started < 1.5


def test_choosing_a_model_loads_no_provider_package() -> None:
    heavy = "{'httpx', 'httpx2', 'langchain_core', 'openai', 'anthropic', 'ollama'}"
    code = f"import sys, builds.agent.llm.choose, builds.agent.llm.prices; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
