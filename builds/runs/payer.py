"""For what a model call is made, and so whose money it is and which limits it has."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from builds.models.build import Build
from builds.models.job import Job
from builds.models.usage import Scope

_LIMITS = ("user__budget_usd_monthly", "api_key__budget_usd_monthly", "api_key__family")


@dataclass(frozen=True)
class Account:
    """Who pays, and what may be spent; None is no limit."""

    user_id: int
    api_key_id: int | None
    api_key_family: UUID | None
    scope: str
    limits: dict[str, Decimal | None]
    """Of the ``build``, of the ``key`` for a month, and of its owner for a ``month``."""

    @property
    def is_limited(self) -> bool:
        """Say whether there is any limit."""
        return any(limit is not None for limit in self.limits.values())


@dataclass(frozen=True)
class Payer:
    """A build or a job, one of the two."""

    build_id: UUID | None = None
    job_id: UUID | None = None

    def columns(self) -> dict[str, UUID | None]:
        """Return how rows of the ledger and of what is set aside name it."""
        return {"build_id": self.build_id, "job_id": self.job_id}

    def account(self) -> Account:
        """Return who pays for it, in one query."""
        if self.job_id is not None:
            job = Job.objects.select_related("user", "api_key").only("scope", *_LIMITS).get(id=self.job_id)
            return _account(job, job.scope, None)
        build = Build.objects.select_related("user", "api_key").only("budget_usd", *_LIMITS).get(Q(id=self.build_id))
        return _account(build, Scope.REACTIVE, build.budget_usd)


def _account(row: Build | Job, scope: str, budget_usd: Decimal | None) -> Account:
    key = row.api_key
    limits = {
        "build": budget_usd,
        "key": key.budget_usd_monthly if key else None,
        "month": row.user.budget_usd_monthly,
    }
    return Account(row.user_id, row.api_key_id, key.family if key else None, scope, limits)
