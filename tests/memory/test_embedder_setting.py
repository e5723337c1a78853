"""Choosing the embedder by one setting, and what a wrong one says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentsite.checks import stop_on_wrong_settings
from agentsite.env import SettingError
from memory import engine
from memory.choose import chosen_embedder
from tests.memory.tiny_minilm import write_tiny_minilm

AT_START = "import sys, django; django.setup(); print(sorted({'numpy', 'httpx', 'tokenizers'} & set(sys.modules)))"


@pytest.mark.parametrize(
    ("value", "fingerprint"),
    [
        ("hashing", "hashing-2-512"),
        ("ollama", "ollama-1-nomic-embed-text-[0-9a-f]{8}"),
        ("ollama:mxbai-embed-large:335m", "ollama-1-mxbai-embed-large-335m-[0-9a-f]{8}"),
        ("openai: text-embedding-3-small", "openai-1-text-embedding-3-small-[0-9a-f]{8}"),
        ("openai:модель", "openai-1-[0-9a-f]{8}"),
    ],
)
def test_one_setting_chooses(settings: Any, value: str, fingerprint: str) -> None:
    settings.EMBEDDER, settings.OPENAI_API_KEY = value, "sk-key"
    stop_on_wrong_settings()
    assert re.fullmatch(fingerprint, chosen_embedder().fingerprint)


def test_a_model_is_read_from_the_directory_that_is_named(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR, settings.EMBEDDER = tmp_path, f"minilm:{write_tiny_minilm(tmp_path / 'here')}"
    absolute = chosen_embedder().fingerprint
    settings.EMBEDDER = "minilm:here"
    assert chosen_embedder().fingerprint == absolute
    with engine.using(engine._configured()) as used:
        assert used.embedder.fingerprint == absolute


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "give hashing, minilm:directory, ollama:model or openai:model"),
        ("word2vec:x", "give hashing, minilm:directory, ollama:model or openai:model"),
        ("hashing:512", "hashing stands alone"),
        ("minilm", "give minilm:directory"),
        ("minilm:/nowhere", "is no directory: give the one that holds model.safetensors"),
        ("openai", "give openai:model"),
        ("openai:text-embedding-3-small", "set OPENAI_API_KEY, or OPENAI_BASE_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_to_do(settings: Any, value: str, told: str) -> None:
    settings.EMBEDDER, settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = value, "", ""
    with pytest.raises(SettingError, match=re.escape(told)) as stopped:
        stop_on_wrong_settings()
    assert str(stopped.value).startswith(f"EMBEDDER={value!r} is wrong: ")


def test_another_model_than_the_one_that_was_checked_stops_the_start(settings: Any, tmp_path: Path) -> None:
    settings.EMBEDDER, settings.EMBEDDER_SHA256 = f"minilm:{write_tiny_minilm(tmp_path)}", "f" * 64
    with pytest.raises(SettingError, match="not EMBEDDER_SHA256"):
        stop_on_wrong_settings()


def test_checking_the_model_loads_no_numbers(tmp_path: Path) -> None:
    model = write_tiny_minilm(tmp_path / "model")
    given = {"DJANGO_SETTINGS_MODULE": "agentsite.settings", "AGENTSITE_DATA_DIR": str(tmp_path)}
    environment = os.environ | given | {"EMBEDDER": f"minilm:{model}"}
    done = subprocess.run([sys.executable, "-c", AT_START], env=environment, capture_output=True, text=True, check=True)
    assert "numpy" not in done.stdout
