"""``Idempotency-Key``: a POST that is sent again gives the same answer and does nothing a second time.

The answer is a row that is written in the transaction of what the POST did. Of several that are sent at once all but
one wait at the row's unique key, and then find the answer; a POST that is refused, or cut off, leaves no row.
"""

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.models import IdempotencyKey, User
from agentsite.common.errors import AppError, not_found
from agentsite.common.rendering import as_json

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
MAX_LENGTH = 255


def once(request: Request, user: User, act: Callable[[], Response], *, never_kept: Collection[str] = ()) -> Response:
    """Act, or return the answer that the same key got before; without a key just act.

    :param never_kept: names in the answer that are not stored, so that they are null when it is given again.
    :raises AppError: ``idempotency.key_invalid``; ``idempotency.key_reused`` for another body or address.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    _check(key)
    asked = _hash(request)
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(user=user, key=key, request_hash=asked)
            response = act()
            _keep(row, response, never_kept)
            return response
    except AppError as refusal:
        if refusal.afterwards:
            refusal.afterwards()
        raise
    except IntegrityError:
        kept = IdempotencyKey.objects.filter(user=user, key=key).first()
        if kept is None:
            raise
        return _again(kept, asked)


def forget_answers(address: str) -> None:
    """Forget what was answered about the thing at an address, which is gone; asked again, it is not found."""
    IdempotencyKey.objects.filter(location=address).update(status=404, answer="")


def delete_old() -> int:
    """Forget answers that nobody will ask for again; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _check(key: str) -> None:
    if not (1 <= len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise AppError(
            "idempotency.key_invalid",
            _("This Idempotency-Key cannot be used."),
            hint=_("Give 1 to 255 printable ASCII characters, for instance a UUID."),
        )


def _hash(request: Request) -> str:
    asked = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=_as_text).encode()).hexdigest()


def _as_text(value: object) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def _keep(row: IdempotencyKey, response: Response, never_kept: Collection[str]) -> None:
    data: Any = response.data
    kept = {name: None if name in never_kept else value for name, value in data.items()} if never_kept else data
    row.status = response.status_code
    row.location = response.headers.get("Location", "")
    row.answer = as_json(kept) if kept is not None else ""
    row.save()


def _again(kept: IdempotencyKey, asked: str) -> Response:
    if kept.request_hash != asked:
        raise AppError(
            "idempotency.key_reused",
            _("This Idempotency-Key was used for another request."),
            hint=_("Use a new key for each new request, and the same one only to repeat it."),
            http_status=422,
        )
    if kept.status == 404:  # noqa: PLR2004  what the answer was about has been deleted
        raise not_found()
    headers = {"Idempotency-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(json.loads(kept.answer) if kept.answer else None, status=kept.status, headers=headers)
