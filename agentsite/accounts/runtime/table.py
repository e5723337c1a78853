"""The settings that can change while everything runs: each begins as in the environment.

What each is and may be is said in ``agentsite.env``; here stands what a change means for what is under way. Where
something of a build would come apart if a limit moved under it, it keeps the one it began with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agentsite import env
from agentsite.accounts.runtime import reading
from agentsite.setting_kinds import Kind, Pause

T = TypeVar("T")


@dataclass(frozen=True)
class Changeable(Generic[T]):
    """One setting that operators can change."""

    name: str
    under_way: Promise
    """What a change means for what runs."""
    attribute: str = ""
    """In Django's settings, where it is not called the same."""
    is_security: bool = False

    def now(self, *, anew: bool = False) -> T:
        """Return what is in force.

        :param anew: not as this process knows it, but as the database says; raises when that is away.
        """
        text = reading.changed(anew=anew).get(self.name)
        return self.environment() if text is None else self.understood(text)

    def environment(self) -> T:
        """Return what the environment says."""
        return cast("T", getattr(settings, self.attribute or self.name))

    def understood(self, text: str) -> T:
        """Return what a stored text means; the environment's value for one that can't be read any more."""
        try:
            return self.kind.read(text)
        except ValueError:
            reading.complain(self.name, text)
            return self.environment()

    @property
    def kind(self) -> Kind[T]:
        """Return what it may be."""
        return env.setting(self.name).kind

    @property
    def meaning(self) -> str:
        """Return its sentence, in English."""
        return env.setting(self.name).meaning


_NEW_ACCOUNTS = _("Accounts that are there keep theirs; change them one by one under Users.")
_TAKEN_UP = _("A build keeps what it was taken up with, until it is set aside or another worker takes it over.")
SIGNUP = Changeable[str](
    "AGENTSITE_SIGNUP",
    _("From the next sign-up on; invitations that were sent open nothing while it is closed."),
    attribute="SIGNUP",
    is_security=True,
)
SUBMISSIONS = Changeable[Pause](
    "SUBMISSIONS",
    _("What was taken in before goes on to its end. Proposals wait: they can be turned down, and approved later."),
)
ACCOUNT_API_QUOTA_DAILY = Changeable[int]("ACCOUNT_API_QUOTA_DAILY", _NEW_ACCOUNTS)
ACCOUNT_STORAGE_QUOTA_MB = Changeable[int]("ACCOUNT_STORAGE_QUOTA_MB", _NEW_ACCOUNTS)
ACCOUNT_BUDGET_USD_MONTHLY = Changeable[Decimal | None]("ACCOUNT_BUDGET_USD_MONTHLY", _NEW_ACCOUNTS)
_GUESTS = _("For whoever is marked as a friend from now on; other guests keep theirs, until they are marked again.")
GUEST_API_QUOTA_DAILY = Changeable[int]("GUEST_API_QUOTA_DAILY", _GUESTS)
GUEST_STORAGE_QUOTA_MB = Changeable[int]("GUEST_STORAGE_QUOTA_MB", _GUESTS)
GUEST_BUDGET_USD_MONTHLY = Changeable[Decimal | None]("GUEST_BUDGET_USD_MONTHLY", _GUESTS)
GUEST_BUILDS_DAILY = Changeable[int](
    "GUEST_BUILDS_DAILY", _("From the next build on, also on this day; nothing that was begun is stopped.")
)
AGENT_MODEL = Changeable[str](
    "AGENT_MODEL",
    _(
        "A build that names no model takes it when a worker takes it up, and keeps it until it is set aside, as when"
        " the model's provider is away, or another worker takes it over."
    ),
)
AGENT_MAX_REPAIRS = Changeable[int]("AGENT_MAX_REPAIRS", _TAKEN_UP)
AGENT_BUILD_SECONDS = Changeable[int]("AGENT_BUILD_SECONDS", _TAKEN_UP)
AGENT_NODE_SECONDS = Changeable[int]("AGENT_NODE_SECONDS", _TAKEN_UP)
AGENT_PROVIDER_WAIT_SECONDS = Changeable[int](
    "AGENT_PROVIDER_WAIT_SECONDS", _("Also for builds that wait already: it is looked at each time one is tried again.")
)
AGENT_USER_CONCURRENCY = Changeable[int](
    "AGENT_USER_CONCURRENCY", _("Nothing that runs is stopped; the next is taken up when there are fewer.")
)
AGENT_INPUT_GUARD = Changeable[str](
    "AGENT_INPUT_GUARD",
    _("What is stored stays as it is. What models may be shown, and what can be retried or forked, follows at once."),
    is_security=True,
)
APPROVAL_HOURS = Changeable[int]("APPROVAL_HOURS", _("Proposals that wait keep the hour they were made with."))
APPROVAL_RULE = Changeable[str](
    "APPROVAL_RULE", _("From the next proposal on; what was begun without asking goes on."), is_security=True
)
APPROVAL_RULE_ABOVE_USD = Changeable[Decimal](
    "APPROVAL_RULE_ABOVE_USD", _("From the next proposal on; what was begun without asking goes on."), is_security=True
)
ATTACHMENT_MAX_MB = Changeable[int]("ATTACHMENT_MAX_MB", _("From the next file on; those that are stored stay."))
EVENT_RETENTION_DAYS = Changeable[int](
    "EVENT_RETENTION_DAYS", _("With the next hourly housekeeping; what is deleted does not come back.")
)
MESSAGE_RETENTION_DAYS = Changeable[int](
    "MESSAGE_RETENTION_DAYS", _("With the next hourly housekeeping; what is deleted does not come back.")
)
MESSAGE_RETENTION_MAX_DAYS = Changeable[int](
    "MESSAGE_RETENTION_MAX_DAYS",
    _("With the next hourly housekeeping, also for people who chose more; what is deleted does not come back."),
)
TABLE: tuple[Changeable[Any], ...] = (
    SUBMISSIONS,
    SIGNUP,
    ACCOUNT_API_QUOTA_DAILY,
    ACCOUNT_STORAGE_QUOTA_MB,
    ACCOUNT_BUDGET_USD_MONTHLY,
    GUEST_API_QUOTA_DAILY,
    GUEST_STORAGE_QUOTA_MB,
    GUEST_BUDGET_USD_MONTHLY,
    GUEST_BUILDS_DAILY,
    AGENT_MODEL,
    AGENT_MAX_REPAIRS,
    AGENT_BUILD_SECONDS,
    AGENT_NODE_SECONDS,
    AGENT_PROVIDER_WAIT_SECONDS,
    AGENT_USER_CONCURRENCY,
    AGENT_INPUT_GUARD,
    APPROVAL_HOURS,
    APPROVAL_RULE,
    APPROVAL_RULE_ABOVE_USD,
    ATTACHMENT_MAX_MB,
    EVENT_RETENTION_DAYS,
    MESSAGE_RETENTION_DAYS,
    MESSAGE_RETENTION_MAX_DAYS,
)
BY_NAME = {setting.name: setting for setting in TABLE}


@dataclass(frozen=True)
class Judge:
    """What an app further up knows of a setting's values; each answers with a sentence, empty when all is well."""

    problem: Callable[[str], str]
    """Why a value can't be set."""
    warning: Callable[[str], str]
    """What is better known of one that was set; may ask over the network."""


_judges: dict[str, Judge] = {}


def judge(setting: Changeable[str], by: Judge) -> None:
    """Let an app say more of a setting than its kind does."""
    _judges[setting.name] = by


def judge_of(setting: Changeable[Any]) -> Judge | None:
    """Return who says more of a setting."""
    return _judges.get(setting.name)
