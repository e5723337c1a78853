"""The ledger as a table for a spreadsheet."""

import csv
from io import TextIOWrapper
from typing import IO

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import invalid
from agentsite.common.spreadsheets import cell
from builds.usage.ledger import CALL_COLUMNS, Wanted, calls_of

MAX_ROWS = 100_000
_COLUMNS = (
    *CALL_COLUMNS,
    *("build_id", "build__project_name", "job_id", "conversation_id", "conversation_title"),
)


def write_calls(user: User, which: Wanted, target: IO[bytes]) -> None:
    """Write the calls that are meant as CSV (RFC 4180), oldest first, with a mark by which spreadsheets know UTF-8.

    Texts that a spreadsheet would compute get an apostrophe before them.

    :raises AppError: ``request.invalid`` when there are more than ``MAX_ROWS``.
    """
    calls = calls_of(user, which).order_by("id")
    if calls[: MAX_ROWS + 1].count() > MAX_ROWS:
        raise invalid(since=_("These are more than %(most)d calls. Ask for fewer days.") % {"most": MAX_ROWS})
    text = TextIOWrapper(target, encoding="utf-8-sig", newline="")  # the csv module ends the lines
    writer = csv.writer(text)
    writer.writerow(name.removeprefix("build__") for name in _COLUMNS)
    titled = calls.annotate(conversation_title=Coalesce("job__conversation__title", "build__conversation__title"))
    for row in titled.values_list(*_COLUMNS).iterator(1_000):
        writer.writerow(map(cell, row))
    text.detach()
