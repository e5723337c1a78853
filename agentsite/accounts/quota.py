"""Counting what people use by day (UTC), each time in one statement: nothing is lost, nobody gets past a limit."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from agentsite.accounts.models import DailyUsage, User
from agentsite.common.prepared import Prepared
from audit import services as audit

_TABLE = DailyUsage._meta.db_table  # noqa: SLF001  Django's public API
_CALL_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, api_calls) VALUES (%s, %s, 1)
    ON CONFLICT (user_id, day_on) DO UPDATE SET api_calls = {_TABLE}.api_calls + 1 WHERE {_TABLE}.api_calls < %s
    RETURNING api_calls
"""  # noqa: S608  a table's name
_WORK_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, builds, tokens_input, tokens_output, cost_usd)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (user_id, day_on) DO UPDATE SET
        builds = {_TABLE}.builds + excluded.builds,
        tokens_input = {_TABLE}.tokens_input + excluded.tokens_input,
        tokens_output = {_TABLE}.tokens_output + excluded.tokens_output,
        cost_usd = {_TABLE}.cost_usd + excluded.cost_usd
"""  # noqa: S608  a table's name
_CALL, _WORK = Prepared(_CALL_SQL, _TABLE), Prepared(_WORK_SQL, _TABLE)


@dataclass(frozen=True)
class Allowance:
    """What is left of a day's API calls."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the next day begins."""
    is_exhausted: bool = False


def count_call(user: User) -> Allowance:
    """Count one API call, unless the day's are used up already."""
    now = timezone.now()
    used = None
    if user.api_quota_daily > 0:
        with connection.cursor() as cursor:
            _CALL.execute(cursor, [user.pk, _day(now), user.api_quota_daily])
            row = cursor.fetchone()
        used = int(row[0]) if row else None
    left = 0 if used is None else user.api_quota_daily - used
    return Allowance(user.api_quota_daily, left, _until_tomorrow(now), is_exhausted=used is None)


def note_refusal(user: User) -> None:
    """Write down that a call was refused because the day's are used up."""
    who = {"resource_type": "user", "resource_id": str(user.pk)}
    audit.record_rarely("quota.refused", about=str(user.pk), user=user, error="quota.api_calls", **who)


def count_work(
    user_id: int, *, builds: int = 0, tokens_input: int = 0, tokens_output: int = 0, cost_usd: Decimal = Decimal(0)
) -> None:
    """Add to a day's counters, in the open transaction."""
    with connection.cursor() as cursor:
        amounts: list[int | str] = [builds, tokens_input, tokens_output, str(cost_usd)]
        _WORK.execute(cursor, [user_id, _day(timezone.now()), *amounts])


@dataclass(frozen=True)
class BuildsToday:
    """How many builds somebody began today (UTC)."""

    count: int
    seconds_left: int
    """Until the next day begins."""


def builds_today(user: User) -> BuildsToday:
    """Return how many builds somebody began today; exact in the transaction that counted one."""
    now = timezone.now()
    today = DailyUsage.objects.filter(user=user, day_on=_day(now))
    return BuildsToday(today.values_list("builds", flat=True).first() or 0, _until_tomorrow(now))


def api_calls_today(user: User) -> int:
    """Return how many API calls somebody has made today."""
    today = DailyUsage.objects.filter(user=user, day_on=timezone.now().date())
    return today.values_list("api_calls", flat=True).first() or 0


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _until_tomorrow(now: datetime) -> int:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1, round((midnight - now).total_seconds()))
