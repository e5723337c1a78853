"""Making the call that a message of the outbox wants at this moment."""

import hashlib
import json
from typing import Any

from django.utils import translation

from builds import downloads, selectors
from builds.models.approval import Approval
from builds.models.build import Build
from telegram_link import live, proposals
from telegram_link.bot import Outcome, Outgoing
from telegram_link.live import Shown
from telegram_link.models import TelegramUser
from telegram_link.models.outbox import OutboxKind
from telegram_link.sender_claims import Claim
from telegram_link.splitting import plain, split

_LONGEST_CAPTION = 500


def render(claim: Claim) -> Outgoing | Outcome:
    """Return the call, or what has come of the message without one: there is nothing to change, or it is gone."""
    contact = TelegramUser.objects.select_related("user").get(pk=claim.contact_id)
    with translation.override(contact.language):
        made = _MAKERS[OutboxKind(claim.kind)](claim, contact)
    if isinstance(made, Outgoing) and claim.message_id and digest(made) == claim.sent_digest:
        return Outcome(message_id=claim.message_id)
    return made


def parts_of(claim: Claim) -> int:
    """Return how many messages a text becomes."""
    return len(split(claim.payload["html"]))


def digest(what: Outgoing) -> str:
    """Return what tells whether a message says something else than before."""
    said = json.dumps([what.fields.get("text"), what.buttons], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def goes_on(claim: Claim) -> bool:
    """Say whether the build that a message shows has not ended."""
    build = Build.objects.filter(id=claim.payload["build"]).only("status").first()
    return build is not None and not build.is_final


def _text(claim: Claim, _contact: TelegramUser) -> Outgoing | Outcome:
    parts = split(claim.payload["html"])
    if claim.parts_sent >= len(parts):
        return Outcome()
    buttons = claim.payload["buttons"] if claim.parts_sent == len(parts) - 1 else []
    return _message(claim, Shown(parts[claim.parts_sent], buttons))


def _live(claim: Claim, contact: TelegramUser) -> Outgoing | Outcome:
    build = Build.objects.select_related("run").filter(id=claim.payload["build"], user=contact.user).first()
    return _message(claim, live.shown(build)) if build else Outcome("gone")


def _proposal(claim: Claim, contact: TelegramUser) -> Outgoing | Outcome:
    found = Approval.objects.select_related("resolved_by", "user", "job__build")
    approval = found.filter(id=claim.payload["approval"], user=contact.user).first()
    return _message(claim, proposals.shown(approval)) if approval else Outcome("gone")


def _edit(claim: Claim, _contact: TelegramUser) -> Outgoing:
    return _message(claim, Shown(claim.payload["html"], claim.payload["buttons"]), claim.payload["message_id"])


def _document(claim: Claim, contact: TelegramUser) -> Outgoing | Outcome:
    build = selectors.find_build(contact.user, claim.payload["build"]) if contact.user else None
    files = selectors.files_of(build.id, claim.payload["attempt"]) if build else []
    path = claim.payload["path"]
    chosen = [file for file in files if file.path == path] if path else files
    if build is None or not chosen:
        return Outcome("gone", words="the files are gone")
    content, name = downloads.named_bytes(chosen[0]) if path else downloads.named_zip(build, files)
    caption = (path or build.project_name)[:_LONGEST_CAPTION]  # it is not read as markup
    fields = {"chat_id": claim.chat_id, "document": content, "filename": name, "caption": caption}
    return Outgoing("send_document", fields)


def _press(claim: Claim, _contact: TelegramUser) -> Outgoing:
    told = claim.payload
    fields = {"callback_query_id": told["callback_query_id"], "text": told["text"] or None, "show_alert": told["alert"]}
    return Outgoing("answer_callback_query", fields)


def _message(claim: Claim, what: Shown, message_id: int | None = None) -> Outgoing:
    text = next(iter(split(what.html)), "")
    fields: dict[str, Any] = {"chat_id": claim.chat_id, "text": text, "parse_mode": "HTML"}
    at = message_id or claim.message_id
    method = "edit_message_text" if at else "send_message"
    fields |= {"message_id": at} if at else {"disable_web_page_preview": True}
    return Outgoing(method, fields, what.buttons, plain(text))


_MAKERS = {
    OutboxKind.TEXT: _text,
    OutboxKind.LIVE: _live,
    OutboxKind.PROPOSAL: _proposal,
    OutboxKind.EDIT: _edit,
    OutboxKind.DOCUMENT: _document,
    OutboxKind.PRESS: _press,
}
