"""What becomes of a message that is no command: the answer to a question of the bot, or something for the agent."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agentsite.common.errors import not_found
from builds import engine, services
from builds.approvals import services as approvals
from builds.attachments import voices
from builds.jobs import services as jobs
from builds.models.approval import Approval, Door
from builds.models.build import Build
from builds.naming import name_from
from builds.offered import language_name, offered_languages
from memory.models.attachment import Attachment, Family
from memory.models.message import MessageRole
from telegram_link import admin_commands, dialog
from telegram_link.files import CameWith
from telegram_link.outbox import Buttons
from telegram_link.splitting import escaped
from telegram_link.turn import Turn

_LONGEST_SHOWN = 300


def hear(turn: Turn, came_with: CameWith) -> None:
    """Take a message up."""
    if turn.user is None:
        turn.reply(not_linked())
    elif came_with.refused:
        turn.reply(escaped(came_with.refused))
    elif turn.file is not None and turn.file.family == Family.VOICE:
        _hear_voice(turn, turn.file, came_with.kind)
    elif turn.file is not None and not turn.text.strip():
        _keep_file(turn, turn.file, came_with.kind)
    else:
        asked = dialog.end(turn.contact)
        _ANSWERS.get(asked.get("asked", ""), _to_agent)(turn, asked)


def not_linked() -> str:
    """Return what a chat is told that is linked with no account."""
    return escaped(
        _(
            "Hello! I build small programs, test them and hand over what was proved. First link this chat with your"
            " account: send /link, or open Account › Telegram on the site."
        )
    )


def ask_for_language(turn: Turn, requirements: str) -> None:
    """Show what would be built, with a button for each language it can be built in."""
    if not requirements.strip():
        dialog.ask(turn.contact, dialog.REQUEST)
        turn.reply(escaped(_("What shall be built? Describe it; examples like to_roman(4) == 'IV' become tests.")))
        return
    dialog.ask(turn.contact, dialog.LANGUAGE, requirements=requirements)
    shown = requirements if len(requirements) <= _LONGEST_SHOWN else f"{requirements[:_LONGEST_SHOWN]}…"
    turn.reply(f"<blockquote>{escaped(shown)}</blockquote>\n{escaped(_('In which language?'))}", _languages())


def build(turn: Turn, requirements: str, language: str) -> None:
    """Take a request into the queue; its message follows it from there."""
    services.submit_build(
        user=turn.account,
        project_name=name_from(requirements),
        requirements=requirements,
        language=language,
        conversation=turn.conversation() if turn.account.can_build else None,
    )


def _languages() -> Buttons:
    names = [(language_name(name), f"lang:{name}") for name in offered_languages()]
    return [names, [(_("Cancel"), "drop")]]


def _to_agent(turn: Turn, _asked: dict[str, Any]) -> None:
    jobs.say(
        user=turn.account,
        conversation=turn.conversation(),
        content=turn.text,
        platform_message_id=f"tg:{turn.message_id}",
        attachments=turn.files,
    )


def _request(turn: Turn, _asked: dict[str, Any]) -> None:
    turn.note_command()
    ask_for_language(turn, turn.text)


def _reason(turn: Turn, asked: dict[str, Any]) -> None:
    turn.note_command()
    deny(turn, asked, turn.text)


def deny(turn: Turn, asked: dict[str, Any], reason: str) -> None:
    """Turn a proposal down."""
    approval = Approval.objects.filter(id=UUID(asked["approval"]), user=turn.account).first()
    if approval is None:
        raise not_found()
    approvals.answer(user=turn.account, approval=approval, approve=False, via=Door.TELEGRAM.value, reason=reason)


def _change(turn: Turn, asked: dict[str, Any]) -> None:
    turn.note_command()
    build = Build.objects.filter(id=UUID(asked["build"]), user=turn.account).first()
    if build is None:
        raise not_found()
    services.fork_build(
        user=turn.account,
        build=build,
        attempt=asked["attempt"],
        requirements=turn.text,
        conversation=turn.conversation(),
    )


def _broadcast(turn: Turn, _asked: dict[str, Any]) -> None:
    admin_commands.confirm_broadcast(turn)


def _hear_voice(turn: Turn, voice: Attachment, kind: str) -> None:
    """Give what was said to the agent; where nobody can listen, keep it and say so."""
    if engine.transcriber() is None:
        turn.note(MessageRole.USER, turn.text or f"[{voice.name}]", kind, f"tg:{turn.message_id}")
        turn.reply(escaped(voices.why_not(voices.NOT_CONNECTED)))
        return
    dialog.forget(turn.contact)
    _to_agent(turn, {})


def _keep_file(turn: Turn, file: Attachment, kind: str) -> None:
    """Keep a file about which nothing was said; several that were sent together are answered once."""
    turn.note(MessageRole.USER, f"[{file.name}]", kind, f"tg:{turn.message_id}")
    album = str(turn.message.get("media_group_id") or "")
    if album:
        words = _("I keep these files. They go into the next build: say what shall be done with them.")
        turn.reply(escaped(words), once=f"album:{turn.contact.chat_id}:{album}"[:50])
        return
    words = _("I keep “%(name)s”. It goes into the next build: say what shall be done with it.")
    turn.reply(escaped(words % {"name": file.name}))


_ANSWERS = {
    dialog.REQUEST: _request,
    dialog.REASON: _reason,
    dialog.CHANGE: _change,
    dialog.BROADCAST: _broadcast,
}
