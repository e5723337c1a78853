"""What is told of each seal outside the database, so that a cut end is seen: to a file, the log, and an address."""

import http.client
import json
import os
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agentsite.common import hints
from audit import verify_export as proof
from audit.models import AuditAnchor, AuditSeal
from audit.selectors import as_told

log = structlog.get_logger(__name__)
SECONDS = 5.0
"""Longest silence of the address that is told."""


def add(seal: AuditSeal) -> None:
    """Append a seal's hash to the file of anchors; one that can't be written is covered by the next."""
    told = _line(seal)
    log.info("audit.sealed", number=seal.number, entries=seal.entry_count, hash=told["hash"])
    try:
        append(Path(settings.AUDIT_ANCHOR_FILE), json.dumps(told).encode() + b"\n")
    except OSError as error:
        log.error("audit.not_anchored", number=seal.number, error=str(error))  # noqa: TRY400  the reason is all there is


def read() -> dict[int, list[str]]:
    """Return all hashes that were told, by the numbers of seals."""
    try:
        with Path(settings.AUDIT_ANCHOR_FILE).open(encoding="utf-8") as lines:
            return proof.read_anchors(lines)
    except FileNotFoundError:
        return {}


def told_anywhere() -> dict[int, list[str]]:
    """Return the hashes that were told, by file or by address."""
    told = read()
    for number, each in AuditAnchor.objects.values_list("number", "told_hash"):
        told.setdefault(number, []).append(each)
    return told


def post_beside() -> None:
    """Tell the address beside the caller's thread, which waits for nobody."""
    if settings.AUDIT_ANCHOR_URL:
        hints.work_beside("audit-anchor", post_newest, failed="audit.not_posted")


def post_newest() -> None:
    """Tell ``AUDIT_ANCHOR_URL`` of the newest seal, unless it knows it: a seal covers all before it."""
    seal = AuditSeal.objects.order_by("-number").first()
    if seal is None or AuditAnchor.objects.filter(number=seal.number).exists():
        return
    told = _line(seal)
    try:
        _post(json.dumps(told).encode())
    except (OSError, ValueError, http.client.HTTPException) as error:
        log.error("audit.not_posted", number=seal.number, error=type(error).__name__)  # noqa: TRY400  it may name secrets
        return
    with transaction.atomic():
        AuditAnchor.objects.bulk_create(
            [AuditAnchor(number=seal.number, told_hash=str(told["hash"]), told_at=timezone.now())],
            ignore_conflicts=True,
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is told is meant for one address."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow nowhere: the answer counts as a refusal."""


def _post(body: bytes) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "Agentsite"}
    if settings.AUDIT_ANCHOR_TOKEN:
        headers["Authorization"] = f"Bearer {settings.AUDIT_ANCHOR_TOKEN}"
    request = urllib.request.Request(settings.AUDIT_ANCHOR_URL, body, headers)  # noqa: S310  the settings let http(s) in
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
    opener.open(request, timeout=SECONDS).close()


def _line(seal: AuditSeal) -> dict[str, object]:
    told = proof.seal_hash(as_told(seal))
    return {"number": seal.number, "hash": told, "created_at": proof.moment(seal.created_at)}


def append(path: Path, data: bytes) -> None:
    """Write at a file's end, whole, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
