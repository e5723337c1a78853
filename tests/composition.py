"""What docker-compose.yml says, as commands and environments that can be run without containers."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")

Service = Mapping[str, Any]


@cache
def composition() -> Mapping[str, Any]:
    """Return the file, anchors and merges resolved."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8")))


def services() -> Mapping[str, Service]:
    """Return every service by its name."""
    return dict(composition()["services"])


def without_variables(text: str) -> str:
    """Put in each variable's default."""
    return VARIABLE.sub(lambda found: found[2], str(text)).replace("$$", "$")


def command(service: Service) -> list[str]:
    """Return a service's words as they are when nothing is set."""
    return [without_variables(word) for word in service.get("command", [])]


def environment(service: Service) -> dict[str, str]:
    """Return a service's environment as it is when nothing is set."""
    return {name: without_variables(value) for name, value in service.get("environment", {}).items()}
