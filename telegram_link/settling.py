"""Writing down what came of a call: sent, to be tried or changed again, or given up."""

import random
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit import services as audit
from audit.models import Category
from telegram_link import leases, outbox, rendering
from telegram_link.bot import Outcome, Outgoing
from telegram_link.models import OutboxMessage, TelegramUser
from telegram_link.models.outbox import OutboxKind, OutboxStatus
from telegram_link.sender_claims import Claim

log = structlog.get_logger(__name__)
DELAYS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds after the first try that did not reach Telegram, the second and so on; then always the last."""
GIVEN_UP_AFTER = timedelta(hours=24)
PRESS_LIVES = timedelta(seconds=15)
"""Then a press has been given up by the phone that made it."""
MAX_BROKEN = 4
"""So often a message is tried that a fault of ours keeps from being made."""
EDIT_SECONDS = 1.0
FOLLOW_SECONDS = 10.0
"""So often a build under way is shown anew though nothing but the time has changed."""
UNAUTHORISED_SECONDS = 60.0
_PAUSING = {"later", "unauthorised"}
_DESIRED = {OutboxKind.LIVE, OutboxKind.PROPOSAL}


@transaction.atomic
def settle(claim: Claim, outcome: Outcome, what: Outgoing | None = None) -> None:
    """Write down what came of a call; nothing, when the message is not this claim's any more.

    A wish of Telegram to be left alone counts in any case.
    """
    if outcome.error in _PAUSING:
        leases.pause_sending(_wished(outcome))
    if outcome.error == "blocked":  # its row first, as whoever writes on from a contact to its messages locks them
        TelegramUser.objects.select_for_update(no_key=True).filter(pk=claim.contact_id).first()
    row = OutboxMessage.objects.select_for_update(no_key=True).filter(pk=claim.row_id, fence=claim.fence).first()
    if row is None or row.status != OutboxStatus.PENDING:
        log.info("telegram.not_ours", message=claim.row_id)
        return
    changes = {"lease_expires_at": None, "error": outcome.words[:200], **_changes(row, claim, outcome, what)}
    OutboxMessage.objects.filter(pk=row.pk).update(**changes)
    if outcome.error == "unauthorised":
        log.error("telegram.token_refused", advice="set TELEGRAM_BOT_TOKEN to the token that BotFather gave")
    elif outcome.error == "blocked":
        _let_go(row.contact)


def _changes(row: OutboxMessage, claim: Claim, outcome: Outcome, what: Outgoing | None) -> dict[str, Any]:
    if not outcome.error:
        return _done(row, claim, outcome, what)
    if outcome.error in _PAUSING:  # a change meanwhile may have set the attempts to none
        return {"next_attempt_at": _in(_wished(outcome)), "attempts": max(row.attempts - 1, 0)}
    if _is_tried_again(row, claim, outcome):
        ours = DELAYS[min(claim.attempt, len(DELAYS)) - 1]
        return {"next_attempt_at": _in(ours * random.uniform(1, 1.2))}  # noqa: S311  no secret hangs on it
    return {"status": OutboxStatus.DROPPED if outcome.error in {"gone", "blocked"} else OutboxStatus.FAILED}


def _is_tried_again(row: OutboxMessage, claim: Claim, outcome: Outcome) -> bool:
    if outcome.error == "broken":
        return claim.attempt < MAX_BROKEN
    if outcome.error != "unreachable":
        return False
    if row.kind == OutboxKind.PRESS:
        return row.created_at + PRESS_LIVES > timezone.now()
    return claim.attempt < len(DELAYS) or row.created_at + GIVEN_UP_AFTER > timezone.now()


def _wished(outcome: Outcome) -> float:
    return outcome.seconds or UNAUTHORISED_SECONDS


def _done(row: OutboxMessage, claim: Claim, outcome: Outcome, what: Outgoing | None) -> dict[str, Any]:
    if _was_moved(row, claim):
        return {"next_attempt_at": _in(EDIT_SECONDS)}
    sent: dict[str, Any] = {
        "attempts": 0,
        "sent_at": timezone.now(),
        "telegram_message_id": row.telegram_message_id or outcome.message_id or claim.payload.get("message_id"),
        "status": OutboxStatus.SENT,
    }
    if row.kind == OutboxKind.TEXT and claim.parts_sent + 1 < rendering.parts_of(claim):
        return {"attempts": 0, "parts_sent": claim.parts_sent + 1, "next_attempt_at": _in(0)}
    if row.kind not in _DESIRED:
        return sent
    sent["sent_digest"] = rendering.digest(what) if what else row.sent_digest
    if row.revision != claim.revision:
        return {**sent, "status": OutboxStatus.PENDING, "next_attempt_at": _in(EDIT_SECONDS)}
    if row.kind == OutboxKind.LIVE and rendering.goes_on(claim):
        return {**sent, "status": OutboxStatus.PENDING, "next_attempt_at": _in(FOLLOW_SECONDS)}
    return sent


def _was_moved(row: OutboxMessage, claim: Claim) -> bool:
    """Say whether another message, or one in another chat, was asked for while this one was changed."""
    return row.chat_id != claim.chat_id or (claim.message_id is not None and row.telegram_message_id is None)


def _let_go(contact: TelegramUser) -> None:
    """Write nothing more to somebody who does not want it, until they write again."""
    if TelegramUser.objects.filter(pk=contact.pk, is_active=True).update(is_active=False):
        audit.record(
            "telegram.blocked",
            user=contact.user,
            resource_type="telegram",
            resource_id=str(contact.telegram_id),
            category=Category.ACCESS,
        )
    outbox.drop_all(contact)


def _in(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds)
