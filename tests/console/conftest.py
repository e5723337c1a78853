"""A console with somebody in it."""

import pytest
from django.core.cache import cache
from django.test import Client

from agentsite.accounts.models import User


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client
