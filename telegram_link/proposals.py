"""What the message of a proposal says: what would happen and what it may cost; once answered, who decided."""

from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _

from builds.models.approval import Action, Approval, ApprovalStatus
from builds.offered import language_name
from builds.pages import is_cookbook
from builds.pages.durations import money
from builds.pages.reading import lines
from telegram_link.live import Shown
from telegram_link.splitting import escaped

_MOST_FILES = 10
_MOST_REQUEST = 1_500


def shown(approval: Approval) -> Shown:
    """Return the message of a proposal as it stands now; buttons only while it waits."""
    proposal = {**approval.proposal, **approval.changes}
    rows = [f"<b>{escaped(approval.proposal_text)}</b>"]
    if approval.action != Action.DEPLOY:  # there the question says it all
        rows.append(f"<blockquote>{_request(proposal)}</blockquote>")
    rows += [escaped(row) for row in _facts(approval, proposal)]
    if not approval.is_pending:
        return Shown("\n".join([*rows, f"<i>{escaped(_decided(approval))}</i>"]), [])
    rows.append(escaped(_("It expires in %(time)s.") % {"time": timeuntil(approval.expires_at)}))
    name = approval.id.hex
    return Shown("\n".join(rows), [[[_("Approve"), f"yes:{name}"], [_("Deny"), f"no:{name}"]]])


def _request(proposal: dict[str, object]) -> str:
    text = str(proposal.get("requirements", ""))
    return escaped(text if len(text) <= _MOST_REQUEST else f"{text[:_MOST_REQUEST]}…")


def _facts(approval: Approval, proposal: dict[str, object]) -> list[str]:
    model = str(approval.proposal.get("model", ""))
    if approval.action == Action.DEPLOY:
        return []
    named = _("cookbook") if is_cookbook(model) else model
    facts = [f"{language_name(str(proposal.get('language', '')))} · {named}"]
    if (cost := _amount(approval.proposal.get("cost_at_most_usd"))) is not None:
        facts.append(_("It costs at most %(amount)s.") % {"amount": money(cost)})
    if files := list(lines(approval.proposal.get("files"))):
        facts.append(_("Files: %(files)s") % {"files": ", ".join(files[:_MOST_FILES])})
    return facts


def _decided(approval: Approval) -> str:
    who = approval.resolved_by.get_username() if approval.resolved_by else _("the agent")
    words = {"who": who, "when": date_format(approval.resolved_at, "DATETIME_FORMAT") if approval.resolved_at else ""}
    told = {
        ApprovalStatus.APPROVED: _("Approved by %(who)s, %(when)s."),
        ApprovalStatus.REJECTED: _("Turned down by %(who)s, %(when)s."),
        ApprovalStatus.SUPERSEDED: _("A newer proposal took its place, or it was withdrawn."),
        ApprovalStatus.EXPIRED: _("Nobody answered in time, so nothing is built."),
    }
    sentence = told[ApprovalStatus(approval.status)] % words
    return f"{sentence} {approval.reason}".strip()


def _amount(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
