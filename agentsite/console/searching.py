"""Search in lists of millions of rows: by what an index answers, else among the newest rows only."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from agentsite.accounts.models import User

NEWEST = 20_000
"""Among so many of the newest rows words are looked for."""
_MOST_PEOPLE = 50
_MOST_WORDS = 5
_OF_A_PERSON = "__username"


def found(rows: QuerySet[Any], term: str, fields: Sequence[str]) -> QuerySet[Any]:
    """Return the rows that a search means.

    First those that are exactly this (fields with ``=``), then those of people whose name begins so
    (``…__username``), then those among the newest that hold every word.
    """
    term = term.strip()
    if not term:
        return rows
    exactly = _exactly(rows, term, [name.removeprefix("=") for name in fields if name.startswith("=")])
    if exactly and rows.filter(exactly).exists():
        return rows.filter(exactly)
    people = _of_people(term, [name for name in fields if name.endswith(_OF_A_PERSON)])
    if people:
        return rows.filter(people)
    return _with_words(rows, term, [name for name in fields if not name.startswith("=") and _OF_A_PERSON not in name])


def _exactly(rows: QuerySet[Any], term: str, names: Sequence[str]) -> Q:
    condition = Q()
    for name, value in _that_fit(rows, term, names):
        condition |= Q(**{name: value})
    return condition


def _that_fit(rows: QuerySet[Any], term: str, names: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Return the names of columns that could hold this, each with the value: a word is no number."""
    for name in names:
        column: Any = get_fields_from_path(rows.model, name)[-1]
        try:
            value = column.to_python(term)
            column.run_validators(value)
        except (ValidationError, ValueError, OverflowError):
            continue
        yield name, value


def _of_people(term: str, names: Sequence[str]) -> Q:
    if not names:
        return Q()
    ids = list(User.objects.filter(username__istartswith=term).values_list("pk", flat=True)[:_MOST_PEOPLE])
    condition = Q()
    for name in names if ids else ():
        condition |= Q(**{f"{name.removesuffix(_OF_A_PERSON)}__in": ids})
    return condition


def _with_words(rows: QuerySet[Any], term: str, names: Sequence[str]) -> QuerySet[Any]:
    if not names:
        return rows.none()
    before = rows.model._default_manager.order_by("-pk").values_list("pk", flat=True)[NEWEST : NEWEST + 1].first()
    near = rows if before is None else rows.filter(pk__gt=before)
    for word in term.split()[:_MOST_WORDS]:
        condition = Q()
        for name in names:
            condition |= Q(**{f"{name}__icontains": word})
        near = near.filter(condition)
    return near
