"""Counting what people use by day (UTC), each time in one statement: nothing is lost, nobody gets past a limit."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from agentsite.accounts import storage
from agentsite.accounts.models import BYTES_PER_MB, ApiKey, DailyUsage, StorageUsage, User
from agentsite.common.prepared import Prepared
from audit import services as audit

_TABLE, _KEYS, _USERS = (model._meta.db_table for model in (DailyUsage, ApiKey, User))  # noqa: SLF001  Django's public API
_UNLESS_USED_UP = f"""
    AND owner.api_quota_daily > 0
    ON CONFLICT (user_id, day_on) DO UPDATE SET api_calls = {_TABLE}.api_calls + 1
    WHERE {_TABLE}.api_calls < (SELECT api_quota_daily FROM {_USERS} AS owner WHERE owner.id = {_TABLE}.user_id)
    RETURNING api_calls
"""  # noqa: S608  tables' names
_CALL_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, api_calls) SELECT owner.id, %s, 1 FROM {_USERS} AS owner WHERE owner.id = %s
    {_UNLESS_USED_UP}
"""  # noqa: S608  tables' names
_CALL_WITH_KEY_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, api_calls)
    SELECT owner.id, %s, 1 FROM {_KEYS} AS shown JOIN {_USERS} AS owner ON owner.id = shown.user_id
    WHERE shown.prefix = %s AND shown.key_hash = %s AND shown.is_active AND owner.is_active
        AND (shown.expires_at IS NULL OR shown.expires_at > %s)
    {_UNLESS_USED_UP}
"""  # noqa: S608  tables' names
_BUILD_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, builds) VALUES (%s, %s, 1)
    ON CONFLICT (user_id, day_on) DO UPDATE SET builds = {_TABLE}.builds + 1
    RETURNING COALESCE((SELECT bytes_used FROM {StorageUsage._meta.db_table} WHERE user_id = %s), 0)
"""  # noqa: S608, SLF001  tables' names
_WORK_SQL = f"""
    INSERT INTO {_TABLE} (user_id, day_on, tokens_input, tokens_output, cost_usd) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (user_id, day_on) DO UPDATE SET
        tokens_input = {_TABLE}.tokens_input + excluded.tokens_input,
        tokens_output = {_TABLE}.tokens_output + excluded.tokens_output,
        cost_usd = {_TABLE}.cost_usd + excluded.cost_usd
"""  # noqa: S608  a table's name
_CALL, _CALL_WITH_KEY = Prepared(_CALL_SQL, _TABLE), Prepared(_CALL_WITH_KEY_SQL, _TABLE)
_BUILD, _WORK = Prepared(_BUILD_SQL, _TABLE), Prepared(_WORK_SQL, _TABLE)
_EXPIRES_AT: Any = ApiKey._meta.get_field("expires_at")  # noqa: SLF001  Django's public API


@dataclass(frozen=True)
class Allowance:
    """What is left of a day's API calls."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the next day begins."""
    is_exhausted: bool = False


class Call:
    """A call that is counted: which of its day's it is, from 1, or None when they were used up already."""

    number: int | None = None

    def receive(self, cursor: Any) -> None:
        """Take the database's answer."""
        row = cursor.fetchone()
        self.number = int(row[0]) if row else None

    def allowance(self, user: User) -> Allowance:
        """Return what it left."""
        left = 0 if self.number is None else max(0, user.api_quota_daily - self.number)
        until = _until_tomorrow(timezone.now())
        return Allowance(user.api_quota_daily, left, until, is_exhausted=self.number is None)


def count_call(user: User) -> Allowance:
    """Count one API call, unless the day's are used up already."""
    call = Call()
    _CALL.send(connection, [_day(timezone.now()), user.pk], call.receive)
    return call.allowance(user)


def count_call_with_key(prefix: str, key_hash: str) -> Call:
    """Count one API call of whose key this is, if it opens anything; in a batch it is counted with what follows."""
    call, now = Call(), timezone.now()
    values = [_day(now), prefix, key_hash, _EXPIRES_AT.get_db_prep_value(now, connection)]
    _CALL_WITH_KEY.send(connection, values, call.receive)
    return call


def note_refusal(user: User) -> None:
    """Write down that a call was refused because the day's are used up."""
    who = {"resource_type": "user", "resource_id": str(user.pk)}
    audit.record_rarely("quota.refused", about=str(user.pk), user=user, error="quota.api_calls", **who)


def count_build(user: User) -> None:
    """Count a build that begins, in the open transaction.

    :raises AppError: ``quota.storage`` when nothing is left of its owner's room, which it will need.
    """
    with connection.cursor() as cursor:
        _BUILD.execute(cursor, [user.pk, _day(timezone.now()), user.pk])
        (stored,) = cursor.fetchone()
    if stored >= user.storage_quota_mb * BYTES_PER_MB:
        raise storage.full()


def count_work(user_id: int, *, tokens_input: int, tokens_output: int, cost_usd: Decimal) -> None:
    """Add to a day's counters, in the open transaction."""
    with connection.cursor() as cursor:
        _WORK.execute(cursor, [user_id, _day(timezone.now()), tokens_input, tokens_output, str(cost_usd)])


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
