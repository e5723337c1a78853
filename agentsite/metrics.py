"""``/metrics`` for Prometheus: what was counted by all processes of this machine, and what is asked for only now."""

import shutil
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client.core import Metric

import memory.measures  # noqa: F401  what is declared there is told here
import telegram_link.measures  # noqa: F401
from agentsite import health, measured_database, measured_logins, measured_requests, measured_tasks  # noqa: F401
from agentsite.accounts.models import User
from agentsite.common import exposition
from agentsite.common.acting import as_server
from agentsite.common.measures import Asked
from agentsite.version import VERSION
from audit import selectors as audit
from audit.selectors import AuditFigures
from builds.figures import Figures
from builds.figures import figures as of_builds
from telegram_link.figures import TelegramFigures
from telegram_link.figures import figures as of_telegram

INFO = Asked("agentsite_info", "Always 1; which version runs, and on which database.", "version", "database")
DATABASE_UP = Asked("agentsite_database_up", "Whether the database answers.")
PART_UP = Asked("agentsite_part_up", "Whether a part answers: those of /readyz.", "part")
RUNS = Asked("agentsite_runs", "Runs that have not ended.", "kind", "state")
BUILDS = Asked("agentsite_builds_last_hour", "Builds submitted in the last hour.", "status", "verification")
OLDEST = Asked("agentsite_queue_oldest_seconds", "Wait of the run that waits longest.")
LEASES = Asked("agentsite_leases", "Runs that a worker holds, or whose worker is silent: held or run_out.", "state")
AGAIN = Asked("agentsite_runs_tried_again", "Unfinished runs at their second attempt or later.")
PAUSED = Asked(
    "agentsite_provider_pause_seconds", "What is left of a pause that a provider of models asked for.", "provider"
)
APPROVALS = Asked("agentsite_approvals_waiting", "Proposals that wait for an answer.")
HOOKS = Asked("agentsite_webhooks_waiting", "Deliveries that are still to be made.")
HOOKS_OLDEST = Asked("agentsite_webhooks_overdue_seconds", "How long the delivery is overdue that was due first.")
HOOKS_PAUSED = Asked(
    "agentsite_webhooks_paused", "Addresses that are told nothing because they failed again and again."
)
STORAGE = Asked("agentsite_storage_bytes", "What people's files take up, as it is counted against their quotas.")
DISK = Asked("agentsite_disk_bytes", "Disk of the data directory: size or free.", "state")
OUTBOX = Asked("agentsite_telegram_outbox", "Messages that are still to be sent.")
OUTBOX_OLDEST = Asked(
    "agentsite_telegram_outbox_overdue_seconds", "How long the message is overdue that was due first."
)
INBOX = Asked("agentsite_telegram_inbox", "Updates that are still to be handled.")
ENTRIES = Asked("agentsite_audit_entries", "Number of the last entry of the audit log; about as many there are.")
UNSEALED = Asked("agentsite_audit_unsealed", "Entries of the audit log that are in no seal yet.")
UNSEALED_OLDEST = Asked("agentsite_audit_unsealed_oldest_seconds", "Age of the oldest of them.")
SEAL = Asked("agentsite_audit_last_seal", "Number of the last seal.")
SEAL_AGE = Asked("agentsite_audit_last_seal_age_seconds", "Age of the last seal.")
ANCHOR = Asked("agentsite_audit_anchor_pending", "Seals whose hash could not be told outside the database yet.")


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer to whoever has ``PROMETHEUS_TOKEN``, and to operators; for others there is nothing here."""
    shown = request.headers.get("Authorization", "")
    if not (settings.PROMETHEUS_ENABLED and (exposition.has_token(shown) or _is_operator(request.user))):
        raise Http404
    return HttpResponse(exposition.text(_asked), content_type=exposition.CONTENT_TYPE)


def _is_operator(user: object) -> bool:
    return isinstance(user, User) and user.is_operator


def _asked() -> Iterator[Metric]:
    yield INFO({(VERSION, connection.vendor): 1})
    yield DISK(_disk())
    parts = health.parts()
    yield PART_UP({(name,): float(bool(part["ok"])) for name, part in parts.items()})
    yield DATABASE_UP(float(bool(parts["database"]["ok"])))
    if parts["database"]["ok"]:
        yield from _kept()


def _kept() -> Iterator[Metric]:
    """Return what stands in the database; nothing when it goes away this moment."""
    try:
        with as_server():
            found = of_builds(), of_telegram(), audit.figures()
            entries = audit.last_entry()
    except DatabaseError:
        return
    yield from _builds(found[0])
    yield from _telegram(found[1])
    yield ENTRIES(entries)
    yield from _audit(found[2])


def _disk() -> dict[tuple[str, ...], float]:
    used = shutil.disk_usage(settings.DATA_DIR)
    return {("size",): used.total, ("free",): used.free}


def _builds(found: Figures) -> Iterator[Metric]:
    yield RUNS(found.runs)
    yield BUILDS(found.builds)
    yield OLDEST(found.oldest_wait_seconds)
    yield LEASES(found.leases)
    yield AGAIN(found.tried_again)
    yield PAUSED(found.paused_providers)
    yield APPROVALS(found.approvals_waiting)
    yield HOOKS(found.webhooks_waiting)
    yield HOOKS_OLDEST(found.webhook_oldest_seconds)
    yield HOOKS_PAUSED(found.webhooks_paused)
    yield STORAGE(found.storage_bytes)


def _telegram(found: TelegramFigures) -> Iterator[Metric]:
    yield OUTBOX(found.outbox_pending)
    yield OUTBOX_OLDEST(found.outbox_overdue_seconds)
    yield INBOX(found.inbox_waiting)


def _audit(found: AuditFigures) -> Iterator[Metric]:
    yield UNSEALED(found.unsealed)
    yield UNSEALED_OLDEST(found.oldest_unsealed_seconds)
    yield SEAL(found.last_seal_number)
    yield SEAL_AGE(found.last_seal_age_seconds)
    yield ANCHOR(found.anchor_pending)
