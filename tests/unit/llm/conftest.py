"""Keeps what one test learned about a server away from the next, which may get the same port."""

import pytest

from builds.agent.llm.dialects import forget_dialects


@pytest.fixture(autouse=True)
def _nothing_is_known_about_servers() -> None:
    forget_dialects()
