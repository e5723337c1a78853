"""Files that leave the server: to be saved, and never as something that a browser opens."""

from django.db import transaction
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from memory.attachments import selectors
from memory.models.attachment import Attachment


def download(attachment: Attachment, *, to: User) -> HttpResponse:
    """Answer with what a file holds, and write down who took it along."""
    _note(attachment, to)
    answer = HttpResponse(selectors.content_of(attachment), content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=attachment.name) or ""
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@transaction.atomic
def _note(attachment: Attachment, to: User) -> None:
    audit.record(
        "attachment.downloaded",
        user=to,
        resource_type="attachment",
        resource_id=str(attachment.pk),
        category=Category.ACCESS,
    )
