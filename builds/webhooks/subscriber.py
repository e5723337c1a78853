"""Noting, in the transaction that records events, who is to be told of them; nothing leaves the process here."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from agentsite.common import hints
from agentsite.common.ids import uuid7
from agentsite.common.prepared import Prepared
from builds.models.build import Build
from builds.models.deployment import Deployment
from builds.models.run import Run, RunEvent
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.webhooks import bodies, queue
from builds.webhooks.kinds import PUBLIC

_FIND = "SELECT id, kinds FROM builds_webhookendpoint WHERE user_id = (SELECT user_id FROM builds_run WHERE id = %s)"
_FINDERS = {
    vendor: Prepared(f"{_FIND}{lock}", "builds_webhookendpoint")
    for vendor, lock in (("postgresql", " FOR KEY SHARE"), ("sqlite", ""))
}


def note(events: Sequence[RunEvent]) -> None:
    """Insert a delivery for each event and each endpoint of the build's owner that wants its kind."""
    public = [event for event in events if event.kind in PUBLIC]
    if not public:
        return
    endpoints = _endpoints(public[0].run_id)
    wanted = [(event, endpoint) for event in public for endpoint in endpoints if event.kind in endpoint.kinds]
    about = _about(public[0].run_id) if wanted else None
    if about is None:
        return
    WebhookDelivery.objects.bulk_create(_delivery(event, endpoint, *about) for event, endpoint in wanted)
    hints.after_commit(queue.announce)


def _endpoints(run_id: UUID) -> list[WebhookEndpoint]:
    """Find the endpoints of a run's owner, and keep them from being deleted before this transaction ends.

    Django has no word for the weakest of PostgreSQL's locks, which a row's own deletion alone has to wait for. Without
    it an endpoint that goes away at this moment would make the build's own transaction fail.
    """
    run = Run._meta.pk.get_db_prep_value(run_id, connection)  # noqa: SLF001  public; SQLite keeps text
    with connection.cursor() as cursor:
        _FINDERS[connection.vendor].execute(cursor, [run])
        return [WebhookEndpoint(id=number, kinds=json.loads(kinds)) for number, kinds in cursor.fetchall()]


def _about(run_id: UUID) -> tuple[Build | None, Deployment | None] | None:
    build = Build.objects.filter(run_id=run_id).first()
    if build is not None:
        return build, None
    deployment = Deployment.objects.select_related("build", "target").filter(run_id=run_id).first()
    return (deployment.build, deployment) if deployment else None


def _delivery(
    event: RunEvent, endpoint: WebhookEndpoint, build: Build | None, deployment: Deployment | None
) -> WebhookDelivery:
    identifier = uuid7()
    return WebhookDelivery(
        id=identifier,
        endpoint=endpoint,
        event=event,
        build=build,
        kind=event.kind,
        body=bodies.event_body(identifier, event, build, deployment),
        next_attempt_at=Now(),
    )
