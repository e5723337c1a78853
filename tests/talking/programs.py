"""Programs that talk to the agent over the API, in tests."""

from typing import Any

from django.core.cache import cache
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import User

API = "/api/v1"


def program_of(user: User, *scopes: str) -> Client:
    """Return a program with a key of somebody's; without scopes it may do what ordinary keys may."""
    cache.clear()
    secret = keys.create_api_key(user=user, name="program", scopes=scopes or keys.ORDINARY_SCOPES).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


def sent(program: Client, method: str, path: str, body: object = None, *, key: str = "") -> Any:
    """Send JSON, with a key for repetition if there is one."""
    more = {"headers": {"Idempotency-Key": key}} if key else {}
    return getattr(program, method)(f"{API}{path}", body, content_type="application/json", **more)


def refusal(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
