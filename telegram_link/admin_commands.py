"""What the operators named in ADMIN_TELEGRAM_IDS may do in their chat: look, stop a build, tell everybody something."""

from datetime import UTC
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agentsite.accounts.models import DailyUsage
from agentsite.common.errors import AppError
from audit import services as audit
from audit.models import Category
from builds import services
from builds.figures import figures
from builds.models.build import Build
from builds.models.run import Run
from builds.pages.durations import duration, money
from builds.states import State
from telegram_link import dialog, friends, outbox
from telegram_link.models import TelegramUser
from telegram_link.splitting import escaped
from telegram_link.turn import Turn, number_of

_MOST = 8
_FRIENDS = {"friend": friends.mark, "unfriend": friends.unmark}


def is_admin(contact: TelegramUser) -> bool:
    """Say whether a chat is that of an operator who is named in the settings."""
    is_operator = contact.user is not None and contact.user.is_active and contact.user.is_operator
    return is_operator and contact.telegram_id in settings.ADMIN_TELEGRAM_IDS


def show(turn: Turn, rest: str) -> None:
    """Say what waits, what runs, and what today has brought, with buttons; or let a guest in or out."""
    word, _blank, whom = rest.partition(" ")
    if word in _FRIENDS:
        _check(turn)
        contact = friends.found(whom)
        done = _FRIENDS[word](by=turn.account, contact=contact)
        turn.reply(escaped(_("Done for %(contact)s.") % {"contact": contact} if done else _("That was so already.")))
        return
    active = list(Build.objects.active().select_related("user").order_by("-id")[:_MOST])
    rows = [[(f"{_('Stop')} {build.project_name[:24]} ({build.user})", f"halt:{build.id.hex}")] for build in active]
    turn.reply("\n".join(map(escaped, _numbers())), [*rows, [(_("Write to everybody"), "broadcast")]])


def stop(turn: Turn, about: str) -> str:
    """Stop somebody's build."""
    _check(turn)
    number = number_of(about)
    build = Build.objects.filter(id=number).first() if number else None
    if build is None:
        raise AppError("request.not_found", _("There is nothing here."), http_status=404)
    services.cancel_build(user=turn.account, build=build)
    return _("It is being stopped.")


def broadcast(turn: Turn, about: str) -> str:
    """Ask what everybody is to be told; told so with ``go``, do it."""
    _check(turn)
    if about != "go":
        dialog.ask(turn.contact, dialog.BROADCAST)
        turn.reply(escaped(_("What shall everybody be told? /cancel forgets it.")))
        return ""
    asked = dialog.end(turn.contact)
    if asked.get("asked") != dialog.BROADCAST or "text" not in asked:
        return _("That was answered before.")
    everybody = TelegramUser.objects.filter(is_active=True, user__is_active=True)
    for contact in everybody.iterator(500):
        outbox.say(contact, escaped(asked["text"]), key=f"broadcast:{turn.update_id}:{contact.pk}")
    _audit(turn, asked["text"], everybody.count())
    turn.change(escaped(_("It goes out.")))
    return _("It goes out.")


def confirm_broadcast(turn: Turn) -> None:
    """Show what would be sent to how many, with a button that does it."""
    _check(turn)
    dialog.ask(turn.contact, dialog.BROADCAST, text=turn.text)
    count = TelegramUser.objects.filter(is_active=True, user__is_active=True).count()
    words = ngettext("This goes to %(count)d chat:", "This goes to %(count)d chats:", count) % {"count": count}
    shown = f"{escaped(words)}\n<blockquote>{escaped(turn.text)}</blockquote>"
    turn.reply(shown, [[(_("Send it"), "broadcast:go"), (_("Cancel"), "drop")]])


def _numbers() -> list[str]:
    now = figures()
    waiting = sum(count for (_kind, state), count in now.runs.items() if state == State.PENDING)
    running = sum(count for (_kind, state), count in now.runs.items() if state == State.RUNNING)
    workers = Run.objects.filter(state=State.RUNNING).exclude(lease_owner="").values("lease_owner").distinct().count()
    today = DailyUsage.objects.filter(day_on=timezone.now().astimezone(UTC).date())
    used = today.aggregate(builds=Sum("builds"), cost=Sum("cost_usd"), calls=Sum("api_calls"))
    return [
        _("Waiting: %(count)d; the longest wait: %(time)s")
        % {"count": waiting, "time": duration(now.oldest_wait_seconds) if now.oldest_wait_seconds else "–"},
        _("Running: %(count)d (workers: %(workers)d)") % {"count": running, "workers": workers},
        _("Today: builds %(builds)d, API calls %(calls)d, cost %(cost)s")
        % {"builds": used["builds"] or 0, "calls": used["calls"] or 0, "cost": money(used["cost"] or Decimal(0))},
    ]


def _check(turn: Turn) -> None:
    if not is_admin(turn.contact):
        raise AppError("request.forbidden", _("Only operators may do this."), http_status=403)


def _audit(turn: Turn, text: str, count: int) -> None:
    audit.record(
        "telegram.broadcast",
        user=turn.account,
        resource_type="telegram",
        description=text[:200],
        details={"chats": count},
        category=Category.ACCESS,
    )
