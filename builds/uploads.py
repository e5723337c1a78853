"""Files that come with a form: stored before the form is judged, so that no mistake elsewhere in it loses them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds.attachments.taking import MOST
from memory.attachments import selectors, services
from memory.models.attachment import Attachment, Source

KEPT = "kept"
"""The form's field that names what was stored with an earlier sending of it."""


@dataclass(frozen=True)
class Brought:
    """The fields of a form with what is stored by now, and what is said of files that are not."""

    data: QueryDict
    refused: tuple[str, ...] = ()


def bring(user: User, data: QueryDict, files: Sequence[UploadedFile[Any]]) -> Brought:
    """Store what came along; the same form sent twice stores it once."""
    fields, refused = data.copy(), list[str]()
    if len(files) > MOST:
        return Brought(fields, (_("A build can take %(most)d files at most.") % {"most": MOST},))
    for upload in files:
        name = upload.name or ""
        try:
            stored = _stored(user, name, upload, token=data.get("token", ""))
        except AppError as error:
            refused.append(_("“%(name)s”: %(reason)s") % {"name": name, "reason": _sentence(error)})
        else:
            fields.appendlist(KEPT, str(stored.pk))
    return Brought(fields, tuple(refused))


def kept_of(user: User, ids: Iterable[str]) -> list[Attachment]:
    """Return those of the named files that are somebody's own."""
    named = [UUID(each) for each in ids if _is_id(each)]
    return list(selectors.of(user).filter(pk__in=named).order_by("id"))


def _stored(user: User, name: str, upload: UploadedFile[Any], *, token: str) -> Attachment:
    services.check_size(upload.size or 0)
    content = upload.read()
    sent = f"form:{token}:{sha256(content + name.encode()).hexdigest()}"[:200] if token else ""
    return services.store(user=user, name=name, content=content, source=Source.WEB.value, platform_file_id=sent)


def _sentence(error: AppError) -> str:
    return " ".join(str(part) for part in (error.message, error.hint) if part)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
