"""Builds, files and settings as a message with buttons."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from builds import selectors
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.pages.marks import status_mark, verification_mark
from builds.states import State
from telegram_link.live import SIGNS
from telegram_link.models import TelegramUser
from telegram_link.splitting import escaped

PAGE = 6
MAX_FILES = 40
MAX_SHOWN = 3_000
"""Characters of a file that is shown in the chat; a longer one is sent as a document."""
Page = tuple[str, list[list[tuple[str, str]]]]


def page(user: User, before: UUID | None) -> Page:
    """Return some builds, newest first, and buttons for each and for older ones."""
    rows = Build.objects.filter(user=user).order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    if not shown:
        return escaped(_("You have no builds yet. Describe a program to begin.")), []
    lines = [f"{_sign(build)} <b>{escaped(build.project_name)}</b>: {escaped(_word(build))}" for build in shown]
    buttons = buttons_of(shown)
    turning = []
    if before:
        turning.append((_("Newest"), "page"))
    if len(found) > PAGE:
        turning.append((_("Older"), f"page:{shown[-1].id.hex}"))
    return "\n".join(lines), [*buttons, *([turning] if turning else [])]


def buttons_of(builds: Sequence[Build], verb: str = "show") -> list[list[tuple[str, str]]]:
    """Return a button for each build."""
    return [[(build.project_name[:40], f"{verb}:{build.id.hex}")] for build in builds]


def files_of(build: Build) -> Page:
    """Return the files of a build's last attempt, a button for each."""
    files = selectors.files_of(build.id)
    if not files:
        return escaped(_("This build has no files.")), []
    words = _("Files of “%(name)s”:") % {"name": build.project_name}
    rows = [[(file.path[-60:], f"file:{build.id.hex}:{index}")] for index, file in enumerate(files[:MAX_FILES])]
    return escaped(words), [*rows, [(_("All as a zip"), f"zip:{build.id.hex}")]]


def file_at(build: Build, index: int) -> BuildFile | None:
    """Return the file that a button means; None when there is none."""
    files = selectors.files_of(build.id)
    return files[index] if 0 <= index < len(files) else None


def as_block(file: BuildFile) -> str:
    """Return a file as a highlighted block; empty for one that is too long for a chat."""
    text = file.blob.text
    if len(text) > MAX_SHOWN:
        return ""
    language = "".join(letter for letter in file.language if letter.isalnum())
    return f'<b>{escaped(file.path)}</b>\n<pre><code class="language-{language or "text"}">{escaped(text)}</code></pre>'


def settings_of(contact: TelegramUser) -> Page:
    """Return what can be chosen in a chat, with the buttons that change it."""
    is_told = _("I tell you how builds ended that you began elsewhere.")
    is_not = _("I tell you nothing of builds that you began elsewhere.")
    change = (_("Don't tell me"), "notify:0") if contact.notifies else (_("Tell me"), "notify:1")
    return escaped(is_told if contact.notifies else is_not), [[change], [(_("Language"), "languages")]]


def _sign(build: Build) -> str:
    return SIGNS["shield"] if build.verification == "verified" else SIGNS[status_mark(build.status).icon]


def _word(build: Build) -> str:
    is_done = build.status == State.COMPLETED
    return str((verification_mark(build.verification) if is_done else status_mark(build.status)).word)
