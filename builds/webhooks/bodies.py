"""What a receiver gets: the text that is stored with the delivery, signed and sent, the same at every attempt."""

import json
from datetime import datetime
from uuid import UUID

from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.models.deployment import Deployment
from builds.models.run import RunEvent


def event_body(delivery_id: UUID, event: RunEvent, build: Build | None, deployment: Deployment | None = None) -> str:
    """Return the body that tells of an event, with the build or deployment as it is at that moment."""
    told: JsonDict = {"seq": event.seq, "kind": event.kind, "node": event.node, "payload": event.payload}
    more = {"deployment": _deployed(deployment)} if deployment else {}
    shown = _public(build) if build else None
    return _body(delivery_id, event.kind, event.created_at, build=shown, event=told, **more)


def ping_body(delivery_id: UUID, kind: str, now: datetime) -> str:
    """Return the body of a ping, which tells of nothing."""
    return _body(delivery_id, kind, now, build=None, event=None)


def _body(
    delivery_id: UUID,
    kind: str,
    created_at: datetime,
    *,
    build: JsonDict | None,
    event: JsonDict | None,
    **more: JsonDict,
) -> str:
    whole = {"id": str(delivery_id), "kind": kind, "created_at": created_at.isoformat(), "build": build, "event": event}
    return json.dumps(whole | more, ensure_ascii=False, separators=(",", ":"))


def _public(build: Build) -> JsonDict:
    return {
        "id": str(build.id),
        "url": build.get_absolute_url(),
        "parent": str(build.parent_id) if build.parent_id else None,
        "project_name": build.project_name,
        "language": build.language,
        "status": build.status,
        "verification": build.verification,
        "model": build.model,
        "error_code": build.error_code,
        "error_message": build.error_message,
        "created_at": build.created_at.isoformat(),
        "started_at": build.started_at.isoformat() if build.started_at else None,
        "completed_at": build.completed_at.isoformat() if build.completed_at else None,
        "duration_seconds": build.duration_seconds,
    }


def _deployed(deployment: Deployment) -> JsonDict:
    return {
        "id": str(deployment.id),
        "url": deployment.get_absolute_url(),
        "kind": deployment.kind,
        "target": deployment.target.name,
        "branch": deployment.branch,
        "status": deployment.status,
        "git_sha": deployment.git_sha,
        "previous_sha": deployment.previous_sha,
        "error_code": deployment.error_code,
        "error_message": deployment.error_message,
    }
