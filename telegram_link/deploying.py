"""Deployments in a chat: which build, to which target; and how it ended."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from builds.deployments import selectors, services
from builds.models.approval import Door
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentStatus
from builds.models.run import RunEvent
from telegram_link import browsing, dialog, outbox
from telegram_link.models import TelegramUser
from telegram_link.splitting import escaped
from telegram_link.turn import Turn, number_of

_ENDS = ("healthy", "rolled_back", "failed", "cancelled")
ENDS = {f"deployment.{end}" for end in _ENDS}
_MOST_TARGETS = 10
_MAX_REPORT = 1_500


def command(turn: Turn, _rest: str) -> None:
    """Offer the newest builds of which everything was proved."""
    found = list(selectors.deployable_of(turn.account)[: browsing.PAGE])
    if not found:
        turn.reply(escaped(_("Nothing can be deployed yet: no build of yours was verified.")))
        return
    turn.reply(escaped(_("Which build shall be deployed?")), browsing.buttons_of(found, verb="deploy"))


def choose_build(turn: Turn, about: str) -> str:
    """Ask where a build goes."""
    build = _build(turn, about)
    if build is None:
        return _("This build can't be deployed.")
    found = list(selectors.open_targets_of(turn.account)[:_MOST_TARGETS])
    if not found:
        turn.reply(escaped(_("There is no target yet: make one on the site, under Deployments.")))
        return ""
    dialog.ask(turn.contact, dialog.TARGET, build=build.id.hex)
    rows = [[(f"{each.name} · {each.branch}"[:40], f"to:{each.id.hex}")] for each in found]
    turn.reply(escaped(_("Where shall “%(name)s” go?") % {"name": build.project_name}), rows)
    return ""


def choose_target(turn: Turn, about: str) -> str:
    """Have it deployed; of several presses the first one counts."""
    asked = dialog.end(turn.contact)
    build, number = _build(turn, str(asked.get("build", ""))), number_of(about)
    target = selectors.open_targets_of(turn.account).filter(id=number).first() if number else None
    if asked.get("asked") != dialog.TARGET or build is None or target is None:
        return _("That was answered before.")
    services.deploy(user=turn.account, build=build, target=target)
    words = _("“%(name)s” goes to %(target)s, branch %(branch)s.")
    named = {"name": build.project_name, "target": target.name, "branch": target.branch}
    turn.change(escaped(words % named))
    return _("It is in the queue.")


def again(turn: Turn, about: str) -> str:
    """Have the same thing deployed again."""
    number = number_of(about)
    deployment = selectors.find_deployment(turn.account, number) if number else None
    if deployment is None:
        raise AppError("telegram.not_yours", _("This deployment is gone."), http_status=404)
    services.retry(user=turn.account, deployment=deployment)
    return _("It is in the queue.")


def note_end(event: RunEvent, contact: TelegramUser | None) -> None:
    """Tell a chat how a deployment ended, if it wants to be told or had said yes to it."""
    if contact is None:
        return
    with as_server():
        deployment = Deployment.objects.select_related("target", "run").get(run_id=event.run_id)
        is_of_chat = deployment.approvals.filter(resolved_via=Door.TELEGRAM).exists()
    if not is_of_chat and not contact.notifies:
        return
    with translation.override(contact.language):
        outbox.say(contact, _told(deployment), key=f"deployment:{deployment.id}", buttons=_buttons(deployment))


def _build(turn: Turn, about: str) -> Build | None:
    number = number_of(about)
    return selectors.deployable_of(turn.account).filter(id=number).first() if number else None


def _told(deployment: Deployment) -> str:
    signs = {DeploymentStatus.HEALTHY: "✅", DeploymentStatus.ROLLED_BACK: "↩️", DeploymentStatus.FAILED: "❌"}
    word = deployment.run.get_state_display() if deployment.is_cancelled else deployment.get_status_display()
    where = f"{deployment.target.name} · {deployment.branch}"
    head = f"{signs[DeploymentStatus(deployment.status)]} <b>{escaped(deployment.project_name)}</b> → {escaped(where)}"
    return f"{head}\n{escaped(word)}\n{escaped(deployment.report_text[:_MAX_REPORT])}"


def _buttons(deployment: Deployment) -> list[list[tuple[str, str]]]:
    rows = []
    if deployment.status != DeploymentStatus.HEALTHY:
        rows.append([(_("Deploy again"), f"redeploy:{deployment.id.hex}")])
    if settings.SITE_URL:
        rows.append([(_("Open in the browser"), f"{settings.SITE_URL}{deployment.get_absolute_url()}")])
    return rows
