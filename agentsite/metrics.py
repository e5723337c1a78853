"""``/metrics`` for Prometheus: what the database knows, so that every web process says the same."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agentsite.accounts.models import User
from agentsite.common.acting import as_server
from builds.figures import Figures, figures


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer to whoever has ``PROMETHEUS_TOKEN``, and to operators; for others there is nothing here."""
    if not (settings.PROMETHEUS_ENABLED and (_has_token(request) or _is_operator(request.user))):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.PROMETHEUS_TOKEN
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _is_operator(user: object) -> bool:
    return isinstance(user, User) and user.is_operator


class _Measured(Collector):
    def collect(self) -> Iterator[Metric]:
        """Measure at the moment of being asked."""
        try:
            with as_server():
                found: Figures | None = figures()
        except DatabaseError:
            found = None
        yield GaugeMetricFamily(
            "agentsite_database_up", "Whether the database answers.", value=float(found is not None)
        )
        if found is not None:
            yield from _told(found)


def _told(found: Figures) -> Iterator[Metric]:
    runs = GaugeMetricFamily("agentsite_runs", "Runs that have not ended.", labels=["kind", "state"])
    for labels, count in found.runs.items():
        runs.add_metric(labels, count)
    builds = GaugeMetricFamily(
        "agentsite_builds_last_hour", "Builds submitted in the last hour.", labels=["status", "verification"]
    )
    for labels, count in found.builds.items():
        builds.add_metric(labels, count)
    oldest = found.oldest_wait_seconds
    yield runs
    yield builds
    yield GaugeMetricFamily("agentsite_queue_oldest_seconds", "Wait of the run that waits longest.", value=oldest)
