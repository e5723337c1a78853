"""Looks begin anew for each test."""

from collections.abc import Iterator

import pytest

from agentsite import health
from builds import engine


@pytest.fixture(autouse=True)
def _looks_anew() -> Iterator[None]:
    engine.sandbox_health()  # its self-test may take longer than a look waits, once in a process
    for check in health.CHECKS.values():
        check.forget()
    yield
    for check in health.CHECKS.values():
        check.forget()
