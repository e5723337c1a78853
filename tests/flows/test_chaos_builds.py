"""Workers, Redis and PostgreSQL killed under whole builds; ``script/chaos builds`` does more of it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.chaos.scale import SCENARIOS
from tests.flows.servers import ROOT

pytestmark = [pytest.mark.services, pytest.mark.sandbox, pytest.mark.alone]
LONGEST_SECONDS = 400


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, Any]]:
    """Run the short form, with servers of its own."""
    command = [sys.executable, "-m", "tests.chaos", "builds", "--short", "--json"]
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    told = subprocess.run(
        command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True, check=False, timeout=LONGEST_SECONDS
    )
    return {verdict["scenario"]: verdict for verdict in map(json.loads, told.stdout.splitlines())}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_builds_outlive(scenario: str, verdicts: dict[str, dict[str, Any]]) -> None:
    assert verdicts[scenario]["broken"] == []
