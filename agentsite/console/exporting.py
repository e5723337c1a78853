"""Rows of any list as a table for a spreadsheet."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from django.db import transaction
from django.db.models import BinaryField, Field, JSONField, Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agentsite.common.changes import is_secret
from agentsite.common.confirming import NothingMore, Question, confirmed_together
from agentsite.common.spreadsheets import cell
from audit import services as audit
from audit.models import Category

_EXPORT = Question(
    _("Export"),
    _("A table (CSV) with the columns of these rows is downloaded. What is secret, and long data, is left out."),
    _("Export"),
    NothingMore,
)


def columns_of(model_admin: Any) -> list[Field[Any, Any]]:
    """Return the columns that an export has: none that the console hides, and none that holds secrets."""
    hidden = {*(model_admin.exclude or ()), *getattr(model_admin, "unlisted", ())}
    return [
        column
        for column in model_admin.model._meta.concrete_fields
        if column.name not in hidden and not is_secret(column.name) and not isinstance(column, BinaryField | JSONField)
    ]


@confirmed_together(_EXPORT, "view")
def export(model_admin: Any, request: HttpRequest, rows: Sequence[Model], _given: dict[str, Any]) -> HttpResponse:
    """Hand the selected rows over, and write down who took them."""
    columns = columns_of(model_admin)
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.attname for column in columns)
    writer.writerows([cell(getattr(row, column.attname)) for column in columns] for row in rows)
    name = model_admin.opts.model_name
    with transaction.atomic():
        audit.record(
            "console.exported",
            user=request.user,  # type: ignore[arg-type]  # who gets here is an operator
            resource_type=name,
            description=str(model_admin.opts.verbose_name_plural),
            details={"count": len(rows), "rows": [str(row.pk) for row in rows]},
            category=Category.ACCESS,
        )
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
