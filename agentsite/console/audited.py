"""Plain edits and deletions in the console, written down with what they changed, in the same transaction."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from agentsite.accounts.models import User
from agentsite.common.changes import changes_between, lists_between
from audit import services as audit
from audit.models import Category, Severity


@transaction.atomic
def save(row: Model, *, by: User) -> None:
    """Store a row that was edited, with the old and the new value of each changed column in the audit log."""
    before = type(row)._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).first() if row.pk else None
    row.save()
    found = changes_between(before, row)
    if found:
        _record("created" if before is None else "changed", row, by, found)


@transaction.atomic
def delete(rows: Iterable[Model], *, by: User) -> None:
    """Delete rows, each with an audit entry of what it held."""
    for row in rows:
        _record("deleted", row, by, changes_between(row, None), Severity.WARNING)
        row.delete()


@transaction.atomic
def record_lists(row: Model, *, by: User, before: dict[str, list[str]]) -> None:
    """Write down what was added to a row's groups and permissions, and what was taken away."""
    found = lists_between(before, lists_of(row))
    if found:
        _record("changed", row, by, found, Severity.WARNING)


def lists_of(row: Model) -> dict[str, list[str]]:
    """Return what a row is connected with, by the connections' names."""
    return {field.name: sorted(map(str, getattr(row, field.name).all())) for field in row._meta.many_to_many}


def _record(what: str, row: Model, by: User, details: dict[str, Any], severity: Severity = Severity.INFO) -> None:
    kind = _kind(row)
    audit.record(
        f"{kind}.{what}",
        user=by,
        resource_type=kind,
        resource_id=str(row.pk),
        description=str(row)[:200],
        details=details,
        category=Category.SECURITY,
        severity=severity,
    )


def _kind(row: Model) -> str:
    return str(row._meta.verbose_name).lower().replace(" ", "_")


class Audited(ModelAdmin[Any]):
    """An admin class that saves and deletes through the functions here, unless it calls services of its own."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  Django's signature
        """Store what the form says."""
        save(obj, by=request.user)  # type: ignore[arg-type]  # who gets here is an operator

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one row."""
        delete([obj], by=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the selected rows."""
        delete(list(queryset), by=request.user)  # type: ignore[arg-type]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        """Store what the row is connected with."""
        before = lists_of(form.instance)
        super().save_related(request, form, formsets, change)
        record_lists(form.instance, by=request.user, before=before)  # type: ignore[arg-type]
