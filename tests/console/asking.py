"""The operator's way: choose rows, read what will happen, say yes."""

import re
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def asked(client: Client, action: str, *rows: Model) -> Any:
    """Choose an action for some rows; return the page that asks."""
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(list_of(type(rows[0])), chosen)


def answer_of(page: Any, **given: Any) -> dict[str, Any]:
    """Return what the form of the page sends."""
    hidden = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page.content.decode())
    sent: dict[str, Any] = {}
    for name, value in hidden:
        sent.setdefault(name, []).append(value)
    return sent | given


def done(client: Client, action: str, *rows: Model, **given: Any) -> str:
    """Choose an action and confirm it; return what is told then."""
    page = asked(client, action, *rows)
    assert page.status_code == 200, page
    told = client.post(list_of(type(rows[0])), answer_of(page, **given), follow=True)
    return " ".join(str(message) for message in told.context["messages"])
