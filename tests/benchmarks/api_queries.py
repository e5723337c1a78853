"""The statements that a request with a key costs."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

BUILDS = "/api/v1/builds/"
WANTED = {"project_name": "roman", "requirements": "A function that converts integers to Roman numerals and back"}


def counted(key: str, build: str) -> dict[str, list[str]]:
    """Return the statements of a create, a list and a read, after one of each that warms up."""
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"Authorization": f"Bearer {key}"})
    calls: dict[str, Any] = {
        "create": lambda: client.post(BUILDS, WANTED, content_type="application/json"),
        "list": lambda: client.get(BUILDS),
        "read": lambda: client.get(f"{BUILDS}{build}/"),
    }
    return {name: _statements(call) for name, call in calls.items()}


def _statements(call: Any) -> list[str]:
    call()
    with CaptureQueriesContext(connection) as captured:
        call()
    return [str(query["sql"]) for query in captured]
