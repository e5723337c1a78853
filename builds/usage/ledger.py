"""The ledger by day, scope, provider, model and conversation. A constant number of queries, whatever was used."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import invalid
from builds.models.usage import Scope, TokenUsage
from builds.usage.days import dates
from builds.usage.summing import Spent, amounts, grouped
from memory.models.conversation import Conversation

DAYS = 7
MAX_DAYS = 366
MAX_CONVERSATIONS = 20
CALL_COLUMNS = (
    *("created_at", "scope", "purpose", "provider", "model"),
    *("tokens_input", "tokens_output", "cost_usd", "has_price", "is_estimated"),
)
"""What is told of each call, beside what it was made for."""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Wanted:
    """Which calls: of some days (UTC, both ends included), narrowed by what is given."""

    since: date
    until: date
    scope: str = ""
    provider: str = ""
    model: str = ""
    conversation: UUID | None = None

    @property
    def is_narrow(self) -> bool:
        """Say whether calls of these days may be left out."""
        return bool(self.scope or self.provider or self.model or self.conversation)


@dataclass(frozen=True, kw_only=True)
class Day(Spent):
    """One day."""

    day: date
    proactive: Spent
    """What of it the agent used by itself."""


@dataclass(frozen=True, kw_only=True)
class ScopePart(Spent):
    """What was asked for, or what the agent did by itself."""

    scope: str


@dataclass(frozen=True, kw_only=True)
class ProviderPart(Spent):
    """One provider's part."""

    provider: str


@dataclass(frozen=True, kw_only=True)
class ModelPart(Spent):
    """One model's part."""

    provider: str
    model: str


@dataclass(frozen=True, kw_only=True)
class ConversationPart(Spent):
    """One conversation's part: its jobs, and the builds that they started."""

    conversation_id: UUID | None
    """None for what belongs to no conversation, or to a deleted one."""
    title: str


@dataclass(frozen=True)
class Ledger:
    """The views of one ledger; all but the days with the dearest first."""

    wanted: Wanted
    total: Spent
    days: Sequence[Day]
    """Oldest first; days without use are there too."""
    scopes: Sequence[ScopePart]
    providers: Sequence[ProviderPart]
    models: Sequence[ModelPart]
    conversations: Sequence[ConversationPart]
    """The dearest only."""


def wanted(*, since: date | None = None, until: date | None = None, **narrowed: Any) -> Wanted:
    """Return which calls are meant: the last seven days unless others are given.

    :raises AppError: ``request.invalid`` for days that make no sense.
    """
    last = until or timezone.now().astimezone(UTC).date()
    if since is None and (last - date.min).days < DAYS:
        raise invalid(until=_("Give a later day."))
    first = since or last - timedelta(days=DAYS - 1)
    if first > last:
        raise invalid(since=_("Give a day that is not after the last one."))
    if (last - first).days >= MAX_DAYS:
        raise invalid(since=_("Ask for at most %(most)d days.") % {"most": MAX_DAYS})
    return Wanted(first, last, **narrowed)


def calls_of(user: User, which: Wanted) -> QuerySet[TokenUsage]:
    """Return somebody's own calls, each with ``conversation_id``: its job's or its build's."""
    exact = {name: value for name in ("scope", "provider", "model") if (value := getattr(which, name))}
    if which.conversation:
        exact["conversation_id"] = which.conversation
    of_conversation = Coalesce("job__conversation_id", "build__conversation_id")
    calls = TokenUsage.objects.filter(user=user, created_at__gte=_midnight(which.since))
    if which.until < date.max:
        calls = calls.filter(created_at__lt=_midnight(which.until + timedelta(days=1)))
    return calls.annotate(conversation_id=of_conversation).filter(**exact)


def ledger_of(user: User, which: Wanted) -> Ledger:
    """Return where somebody's money went."""
    calls = calls_of(user, which)
    by_day = _by_day(calls)
    models = [ModelPart(**common, **used) for common, used in grouped(calls, "provider", "model")]
    scopes = _rolled(by_day.items(), lambda key: key[1])
    return Ledger(
        which,
        total=sum(by_day.values(), Spent()),
        days=[_day(day, by_day) for day in dates(which.since, which.until)],
        scopes=[ScopePart(scope=scope, **amounts(used)) for scope, used in scopes],
        providers=[
            ProviderPart(provider=provider, **amounts(used))
            for provider, used in _rolled([(part.provider, part) for part in models], str)
        ],
        models=models,
        conversations=_conversations(user, calls),
    )


def _by_day(calls: QuerySet[TokenUsage]) -> dict[tuple[date, str], Spent]:
    dated = calls.annotate(day=TruncDate("created_at", tzinfo=UTC))
    return {(common["day"], common["scope"]): Spent(**used) for common, used in grouped(dated, "day", "scope")}


def _day(day: date, by_day: dict[tuple[date, str], Spent]) -> Day:
    nothing = Spent()
    proactive, reactive = (by_day.get((day, scope), nothing) for scope in (Scope.PROACTIVE, Scope.REACTIVE))
    return Day(day=day, proactive=proactive, **amounts(proactive + reactive))


def _conversations(user: User, calls: QuerySet[TokenUsage]) -> list[ConversationPart]:
    parts = grouped(calls, "conversation_id", most=MAX_CONVERSATIONS)
    ids = [common["conversation_id"] for common, _used in parts]
    titles = dict(Conversation.objects.filter(user=user, pk__in=filter(None, ids)).values_list("pk", "title"))
    return [
        ConversationPart(**common, title=titles.get(common["conversation_id"], ""), **used) for common, used in parts
    ]


def _rolled(parts: Iterable[tuple[Any, Spent]], name: Callable[[Any], K]) -> list[tuple[K, Spent]]:
    sums: dict[K, Spent] = {}
    for key, used in parts:
        sums[name(key)] = sums.get(name(key), Spent()) + used
    return sorted(sums.items(), key=lambda item: (-item[1].cost_usd, -item[1].tokens_output, str(item[0])))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
