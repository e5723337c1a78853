"""Somebody's own data as a zip: account, keys, webhooks, usage, builds with steps, analyses, jobs, memory, log."""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import BinaryField, Field, QuerySet

from agentsite.accounts import keys
from agentsite.accounts.models import DailyUsage, User
from audit import services as audit
from audit.models import AuditLog, Category
from builds import foreign_code
from builds.deployments.selectors import targets_of
from builds.models.analysis import CodeAnalysis
from builds.models.approval import Approval
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from builds.models.deployment import Deployment
from builds.models.files import BuildFile
from builds.models.job import Job
from builds.models.run import RunEvent
from builds.models.usage import TokenUsage
from builds.models.webhook import WebhookDelivery
from builds.webhooks import selectors as webhooks
from memory import own_data

_ACCOUNT = ("username", "email", "full_name", "role", "language", "history_retention_days", "date_joined", "last_login")
_KEY = ("name", "prefix", "scopes", "budget_usd_monthly", "created_at", "last_used_at", "expires_at", "is_active")
_WEBHOOK = ("id", "url", "kinds", "paused_at", "pause_reason", "last_delivered_at", "created_at", "updated_at")
_TARGET = ("id", "name", "branch", "remote_url", "username", "healthy_sha", "created_at", "updated_at", "archived_at")
_HIDDEN = {"run_id", "api_key_id", "celery_task_id", "user_id", "files"}


Tables = Callable[[User], Iterator[tuple[str, QuerySet[Any]]]]
OF_OTHERS: list[Tables] = []
"""What rooms above this one keep of somebody."""


def write_export(user: User, target: IO[bytes]) -> None:
    """Write the zip, a part at a time; no secret is in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "account.json", {name: getattr(user, name) for name in _ACCOUNT})
        _write(archive, "keys.json", list(keys.keys_of(user).values(*_KEY)))
        _write(archive, "targets.json", list(targets_of(user).values(*_TARGET)))
        _write(archive, "webhooks.json", list(webhooks.endpoints_of(user).values(*_WEBHOOK)))
        for name, rows in _tables(user):
            columns = [field.attname for field in rows.model._meta.concrete_fields if not _is_binary(field)]  # noqa: SLF001
            _write_lines(archive, name, rows.values(*columns).iterator(1_000))
        for name, content in own_data.files_of(user):
            archive.writestr(name, content)
        for build in Build.objects.filter(user=user).order_by("id").iterator(50):
            _write_build(archive, build)
        for analysis in CodeAnalysis.objects.filter(user=user).select_related("run").order_by("id").iterator(50):
            _write_analysis(archive, analysis)
    with transaction.atomic():
        about: dict[str, Any] = {"resource_type": "user", "resource_id": str(user.pk)}
        audit.record("user.data_exported", user=user, category=Category.COMPLIANCE, **about)


def _tables(user: User) -> Iterator[tuple[str, QuerySet[Any]]]:
    yield "usage-by-day.jsonl", DailyUsage.objects.filter(user=user).order_by("day_on")
    yield "model-calls.jsonl", TokenUsage.objects.filter(user=user).order_by("id")
    yield "webhook-deliveries.jsonl", WebhookDelivery.objects.filter(endpoint__user=user).order_by("id")
    yield "jobs.jsonl", Job.objects.filter(user=user).order_by("id")
    yield "deployments.jsonl", Deployment.objects.filter(user=user).order_by("id")
    yield "approvals.jsonl", Approval.objects.filter(user=user).order_by("id")
    yield from own_data.tables_of(user)
    for tables_of in OF_OTHERS:
        yield from tables_of(user)
    yield "audit.jsonl", AuditLog.objects.filter(user=user).order_by("id")


def _write_build(archive: zipfile.ZipFile, build: Build) -> None:
    folder = f"builds/{build.id}"
    _write(archive, f"{folder}/build.json", _shown(build))
    came = BuildAttachment.objects.filter(build=build).order_by("place")
    _write(
        archive, f"{folder}/attachments.json", list(came.values("place", "name", "family", "text", "note", "read_at"))
    )
    events = RunEvent.objects.filter(run_id=build.run_id).order_by("seq")
    told = events.values("seq", "kind", "node", "payload", "created_at")
    _write_lines(archive, f"{folder}/events.jsonl", told.iterator(500))
    files = BuildFile.objects.filter(build=build).select_related("blob").order_by("attempt", "path")
    for file in files.iterator(50):
        archive.writestr(f"{folder}/attempt-{file.attempt}/{file.path}", file.blob.text)


def _write_analysis(archive: zipfile.ZipFile, analysis: CodeAnalysis) -> None:
    folder = f"analyses/{analysis.id}"
    _write(archive, f"{folder}/analysis.json", _shown(analysis) | {"state": analysis.state})
    for path, text in foreign_code.tree_of(analysis).items():
        archive.writestr(f"{folder}/code/{path}", text)


def _is_binary(field: Field[Any, Any]) -> bool:
    return isinstance(field, BinaryField)  # a vector: large, and made anew from the text beside it


def _shown(row: Build | CodeAnalysis) -> dict[str, object]:
    fields = [field.attname for field in row._meta.concrete_fields if field.attname not in _HIDDEN]  # noqa: SLF001  public API
    return {name: getattr(row, name) for name in fields}


def _write(archive: zipfile.ZipFile, name: str, data: object) -> None:
    archive.writestr(name, json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def _write_lines(archive: zipfile.ZipFile, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    with archive.open(name, "w") as part:
        for row in rows:
            part.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")
