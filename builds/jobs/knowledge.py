"""What the agent may know while it answers somebody: theirs, and nothing of others."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.models import Q, Sum
from django.utils import timezone

from builds import failures, guarding
from builds.agent.talking.values import Brief
from builds.agent.values import JsonDict, Passage
from builds.models.build import Build
from builds.models.job import Job
from builds.models.usage import TokenUsage
from builds.pages.proofs import strip
from builds.runs import budget
from memory import facts, searching
from memory.scope import Scope

log = structlog.get_logger(__name__)
MAX_BUILDS, MAX_PASSAGES, MAX_FACTS = 20, 4, 30
MAX_PASSAGE, MAX_FAILING, MAX_MESSAGE = 1_500, 5, 200
_CENTS = Decimal("0.0001")


class OwnKnowledge:
    """Answer for the author of one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._user = job.user

    def builds(self) -> Sequence[Brief]:
        """Return the newest builds, newest first."""
        rows = Build.objects.filter(user=self._user).order_by("-id").defer("build_logs", "generated_code")
        found = list(rows.annotate(cost=Sum("usage__cost_usd"))[:MAX_BUILDS])
        return [self._brief(build) for build in found]

    def evidence(self, build_id: str) -> JsonDict:
        """Return what the server found out about a build."""
        build = Build.objects.filter(user=self._user, id=UUID(build_id)).first()
        if build is None:
            return {}
        return {
            "error": failures.message(build.error_code, build.error_details),
            "error_code": build.error_code,
            "failing": list(failing_tests(build.test_results)),
            "proofs": [str(mark.word) for mark in strip(build, ())],
            "summary": build.summary,
        }

    def passages(self, query: str) -> Sequence[Passage]:
        """Return what memory holds; nothing when it is away."""
        scope = Scope(self._user.id)
        try:
            hits = searching.search(self._user, scope, query, door=f"job:{self._job.id}", limit=MAX_PASSAGES)
        except DatabaseError as error:
            log.warning("memory.away", error=type(error).__name__)
            return ()
        except Exception:
            log.exception("memory.failed", job_id=str(self._job.id))
            return ()
        return [
            Passage(id=str(hit.id), title=hit.title, text=hit.text[:MAX_PASSAGE], source=hit.source)
            for hit in hits
            if not guarding.is_kept_from_models(f"{hit.title}\n{hit.text}")
        ]

    def facts(self) -> Sequence[str]:
        """Return the newest facts."""
        texts = facts.facts_of(self._user).values_list("fact_text", flat=True)[:MAX_FACTS]
        return [text for text in texts if not guarding.is_kept_from_models(text)]

    def spending(self) -> JsonDict:
        """Return what was spent today, in seven days, and in this month (UTC)."""
        now = timezone.now().astimezone(UTC)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"today": today, "week": today - timedelta(days=6), "month": budget.month_start(now)}
        rows = TokenUsage.objects.filter(user=self._user, created_at__gte=min(since.values()))
        sums = rows.aggregate(**{name: Sum("cost_usd", filter=Q(created_at__gte=at)) for name, at in since.items()})
        return {name: _money(value) for name, value in sums.items()}

    def _brief(self, build: Build) -> Brief:
        passed, total = counted_tests(build.test_results)
        return Brief(
            id=str(build.id),
            name=build.project_name,
            status=build.status,
            verification=build.verification,
            language=build.language,
            error=failures.message(build.error_code, build.error_details),
            passed=passed,
            total=total,
            cost_usd=_money(vars(build)["cost"]),  # an annotation
            created_at=build.created_at.isoformat(timespec="minutes"),
            in_conversation=build.conversation_id is not None and build.conversation_id == self._job.conversation_id,
        )


def counted_tests(results: JsonDict) -> tuple[int, int]:
    """Return how many tests of a report passed, and how many there were."""
    outcomes = [test.get("outcome") for test in _tests(results)]
    return outcomes.count("passed"), len(outcomes)


def failing_tests(results: JsonDict) -> list[str]:
    """Return the first failing tests of a report, each with the message that it failed with."""
    failed = [test for test in _tests(results) if test.get("outcome") not in {"passed", "skipped"}]
    return [
        f"{test.get('id', '')}: {str(test.get('message', ''))[:MAX_MESSAGE]}".rstrip(": ")
        for test in failed[:MAX_FAILING]
    ]


def _tests(results: JsonDict) -> list[JsonDict]:
    tests = results.get("tests")
    return [test for test in tests if isinstance(test, dict)] if isinstance(tests, list) else []


def _money(amount: object) -> str:
    return str(Decimal(str(amount or 0)).quantize(_CENTS))
