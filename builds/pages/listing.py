"""The list of builds: filters from the address, pages by key, the same few queries for any length."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Sum

from agentsite.accounts.models import User
from builds.models.build import Build, BuildVerification
from builds.models.run import RunState
from builds.models.usage import TokenUsage
from builds.pages import is_cookbook, proofs
from builds.pages.marks import Mark, status_mark, verification_mark

PAGE = 25
_LONGEST_SEARCH = 200
_SHOWN = (
    "id",
    "project_name",
    "language",
    "status",
    "verification",
    "model",
    "proofs",
    "duration_seconds",
    "created_at",
)


@dataclass(frozen=True)
class Filters:
    """What the address narrows the list to; unknown values narrow nothing."""

    words: str = ""
    status: str = ""
    verification: str = ""
    whose: str = ""
    before: UUID | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """Read an address's query."""
        status, verification = query.get("status", ""), query.get("verification", "")
        return cls(
            words=" ".join(query.get("q", "").replace("\x00", "").split())[:_LONGEST_SEARCH],
            status=status if status in {*RunState.values, "active"} else "",
            verification=verification if verification in BuildVerification.values else "",
            whose="shared" if query.get("whose") == "shared" else "",
            before=_cursor(query.get("before", "")),
        )

    @property
    def is_narrowing(self) -> bool:
        """Say whether anything is left out on purpose."""
        return bool(self.words or self.status or self.verification or self.whose)

    def query(self, before: UUID | None = None) -> str:
        """Return these filters as an address's query, for the page after ``before``."""
        named = {"q": self.words, "status": self.status, "verification": self.verification, "whose": self.whose}
        if before:
            named["before"] = before.hex
        return urlencode({name: value for name, value in named.items() if value})


@dataclass(frozen=True)
class BuildRow:
    """One build in the list."""

    id: UUID
    url: str
    name: str
    owner: str
    language: str
    status: Mark
    verification: Mark
    passed: int
    total: int
    cost: Decimal
    model: str
    is_cookbook: bool
    seconds: float | None
    created_at: datetime


@dataclass(frozen=True)
class ListPage:
    """One page of builds; ``older`` is the query of the next page, empty on the last."""

    rows: tuple[BuildRow, ...]
    filters: Filters
    older: str
    newest: str
    shows_owner: bool


def list_page(user: User, filters: Filters) -> ListPage:
    """Return one page of what somebody may see, newest first."""
    start = Build.objects.shared_with(user) if filters.whose else Build.objects.visible_to(user)
    found = start.matching(filters.words).select_related("user")
    if filters.status == "active":
        found = found.active()
    elif filters.status:
        found = found.filter(status=filters.status)
    if filters.verification:
        found = found.filter(verification=filters.verification)
    if filters.before:
        found = found.filter(id__lt=filters.before)
    builds = list(found.only(*_SHOWN, "user__username").order_by("-id")[: PAGE + 1])
    costs = _costs(builds[:PAGE])
    return ListPage(
        rows=tuple(_row(build, costs.get(build.id, Decimal(0))) for build in builds[:PAGE]),
        filters=filters,
        older=filters.query(builds[PAGE - 1].id) if len(builds) > PAGE else "",
        newest=filters.query() if filters.before else "",
        shows_owner=user.is_operator or bool(filters.whose),
    )


def _costs(builds: list[Build]) -> dict[UUID, Decimal]:
    used = TokenUsage.objects.filter(build_id__in=[build.id for build in builds]).order_by()
    return {row["build_id"]: row["cost"] for row in used.values("build_id").annotate(cost=Sum("cost_usd"))}


def _row(build: Build, cost: Decimal) -> BuildRow:
    passed, total = proofs.counted(build)
    return BuildRow(
        id=build.id,
        url=build.get_absolute_url(),
        name=build.project_name,
        owner=build.user.username,
        language=build.language,
        status=status_mark(build.status),
        verification=verification_mark(build.verification),
        passed=passed,
        total=total,
        cost=cost,
        model=build.model,
        is_cookbook=is_cookbook(build.model),
        seconds=build.duration_seconds,
        created_at=build.created_at,
    )


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
