"""What pressed buttons do. A button carries an id only: whose it is and what may be done is looked up here."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from agentsite.common.errors import AppError
from builds import downloads, selectors, services
from builds.approvals import services as approvals
from builds.models.approval import Approval, Door
from builds.models.build import Build
from memory import facts
from telegram_link import admin_commands, browsing, commands, contacts, deploying, dialog, linking, outbox, talking
from telegram_link.models.outbox import OutboxKind
from telegram_link.splitting import escaped
from telegram_link.subscribers import live_key
from telegram_link.turn import Turn, number_of


def press(turn: Turn, query: Mapping[str, Any]) -> None:
    """Do what a button says, and let it stop turning."""
    verb, _colon, about = str(query.get("data", "")).partition(":")
    act = _FOR_ANYBODY.get(verb) or (_ACTS.get(verb) if turn.user else None)
    if act is None:
        raise _not_yours()
    outbox.answer_press(turn.contact, str(query["id"]), act(turn, about) or "")


def _approve(turn: Turn, about: str) -> str:
    approval = _approval(turn, about)
    approvals.answer(user=turn.account, approval=approval, approve=True, via=Door.TELEGRAM.value)
    return _("Approved.")


def _deny(turn: Turn, about: str) -> str:
    approval = _approval(turn, about)
    if not approval.is_pending:
        raise AppError("approval.answered", _("This was answered before."), http_status=409)
    dialog.ask(turn.contact, dialog.REASON, approval=approval.id.hex)
    turn.reply(escaped(_("Why not? Your reason goes to the agent.")), [[(_("Without a reason"), f"nope:{about}")]])
    return ""


def _deny_at_once(turn: Turn, about: str) -> str:
    _approval(turn, about)
    dialog.end(turn.contact)
    talking.deny(turn, {"approval": about}, "")
    return _("Turned down.")


def _stop(turn: Turn, about: str) -> str:
    services.cancel_build(user=turn.account, build=_build(turn, about))
    return _("It is being stopped.")


def _show(turn: Turn, about: str) -> str:
    build = _build(turn, about)
    outbox.show(turn.contact, OutboxKind.LIVE, {"build": str(build.id)}, key=live_key(build.run_id), anew=True)
    return ""


def _files(turn: Turn, about: str) -> str:
    turn.reply(*browsing.files_of(_build(turn, about)))
    return ""


def _file(turn: Turn, about: str) -> str:
    number, _colon, index = about.partition(":")
    build = _build(turn, number)
    file = browsing.file_at(build, int(index)) if index.isdecimal() else None
    if file is None:
        raise _not_yours()
    downloads.note_file(file, to=turn.account, door="telegram")
    block = browsing.as_block(file)
    if block:
        turn.reply(block)
    else:
        outbox.send_file(turn.contact, build.id, file.attempt, file.path, key=f"file:{turn.update_id}")
    return ""


def _zip(turn: Turn, about: str) -> str:
    build = _build(turn, about)
    numbers = selectors.attempts(build.id)
    if not numbers:
        return _("This build has no files.")
    downloads.note_archive(build, max(numbers), to=turn.account, door="telegram")
    outbox.send_file(turn.contact, build.id, max(numbers), "", key=f"zip:{turn.update_id}")
    return _("Here it comes.")


def _retry(turn: Turn, about: str) -> str:
    services.retry_build(user=turn.account, build=_build(turn, about), conversation=turn.conversation())
    return _("It is built again.")


def _fork(turn: Turn, about: str) -> str:
    build = _build(turn, about)
    dialog.ask(turn.contact, dialog.CHANGE, build=build.id.hex, attempt=max(selectors.attempts(build.id), default=0))
    turn.reply(escaped(_("What shall “%(name)s” do otherwise?") % {"name": build.project_name}))
    return ""


def _language(turn: Turn, about: str) -> str:
    asked = dialog.end(turn.contact)
    if asked.get("asked") != dialog.LANGUAGE:
        return _("That was answered before.")
    talking.build(turn, asked["requirements"], about)
    turn.change(f"<blockquote>{escaped(asked['requirements'][:300])}</blockquote>")
    return _("It is in the queue.")


def _page(turn: Turn, about: str) -> str:
    turn.change(*browsing.page(turn.account, number_of(about)))
    return ""


def _forget(turn: Turn, about: str) -> str:
    fact = facts.facts_of(turn.account).filter(pk=int(about)).first() if about.isdecimal() else None
    if fact is None:
        return _("That is forgotten already.")
    facts.delete_fact(user=turn.account, fact=fact)
    turn.change(escaped(_("Forgotten: %(fact)s") % {"fact": fact.fact_text}))
    return _("Forgotten.")


def _notify(turn: Turn, about: str) -> str:
    contacts.set_notifies(turn.contact, notifies=about == "1")
    turn.change(*browsing.settings_of(turn.contact))
    return _("Noted.")


def _unlink(turn: Turn, _about: str) -> str:
    linking.unlink(user=turn.account)
    turn.contact.user = None
    turn.change(escaped(_("This chat is parted from your account. /link links it again.")))
    return ""


def _languages(turn: Turn, _about: str) -> str:
    commands.language(turn, "")
    return ""


def _speak(turn: Turn, about: str) -> str:
    if about not in dict(settings.LANGUAGES):
        raise _not_yours()
    contacts.speak(turn.contact, about)
    with translation.override(about):
        turn.change(escaped(_("I speak English now.")))
    return ""


def _drop(turn: Turn, _about: str) -> str:
    dialog.end(turn.contact)
    turn.change(escaped(_("Good, forgotten.")))
    return ""


def _build(turn: Turn, about: str) -> Build:
    number = number_of(about)
    build = Build.objects.filter(user=turn.account, id=number).first() if number else None
    if build is None:
        raise _not_yours()
    return build


def _approval(turn: Turn, about: str) -> Approval:
    number = number_of(about)
    approval = Approval.objects.filter(user=turn.account, id=number).first() if number else None
    if approval is None:
        raise _not_yours()
    return approval


def _not_yours() -> AppError:
    return AppError(
        "telegram.not_yours", _("This button is not for you, or what it is about is gone."), http_status=404
    )


_ACTS: Mapping[str, Callable[[Turn, str], str]] = {
    "yes": _approve,
    "no": _deny,
    "nope": _deny_at_once,
    "stop": _stop,
    "show": _show,
    "files": _files,
    "file": _file,
    "zip": _zip,
    "retry": _retry,
    "fork": _fork,
    "lang": _language,
    "page": _page,
    "forget": _forget,
    "notify": _notify,
    "deploy": deploying.choose_build,
    "to": deploying.choose_target,
    "redeploy": deploying.again,
    "unlink": _unlink,
    "halt": admin_commands.stop,
    "broadcast": admin_commands.broadcast,
}
_FOR_ANYBODY: Mapping[str, Callable[[Turn, str], str]] = {"languages": _languages, "speak": _speak, "drop": _drop}
