"""``manage.py setting [NAME [VALUE]]``: what can change while everything runs."""

from argparse import ArgumentParser
from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError

from agentsite.accounts.runtime import selectors, services
from agentsite.accounts.runtime.models import RuntimeSetting
from agentsite.accounts.runtime.selectors import Shown
from agentsite.common.errors import AppError


class Command(BaseCommand):
    """List the settings, show one with its history, or change one for all processes."""

    help = "List the settings that can change at run time, show one with its history, or change one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask which one, and what it shall be."""
        parser.add_argument("name", nargs="?", help="unset: all are listed")
        parser.add_argument("value", nargs="?", help="unset: the setting is shown")
        parser.add_argument("--reset", action="store_true", help="as in the environment again")
        parser.add_argument("--reason", default="", help="kept in the history")

    def handle(self, *, name: str | None, value: str | None, reset: bool, reason: str, **_: object) -> None:
        """Change first, then show."""
        if reset and (name is None or value is not None):
            raise CommandError("--reset needs the name of a setting, and no value.")
        if name is None:
            self._say(_line(shown) for shown in selectors.all_shown())
            return
        try:
            if reset:
                self._tell(services.reset_setting(user=None, name=name, reason=reason))
            elif value is not None:
                self._tell(services.set_setting(user=None, name=name, value=value, reason=reason))
        except AppError as error:
            sentences = [sentence for field in error.fields.values() for sentence in field]
            raise CommandError(" ".join(sentences) or f"{error.message} {error.hint}") from None
        self._show(name)

    def _tell(self, outcome: services.Outcome) -> None:
        if not outcome.is_new:
            self.stderr.write("It was so before; nothing was written.")
        if outcome.warning:
            self.stderr.write(f"Warning: {outcome.warning}")

    def _show(self, name: str) -> None:
        shown = selectors.shown(name)
        if shown is None:
            raise CommandError(f"There is no setting named {name!r} that can change at run time.")
        self._say([_line(shown), f"  {shown.meaning}", f"  {shown.allowed}", f"  {shown.setting.under_way}"])
        self._say(_past(row) for row in selectors.history(name))

    def _say(self, lines: Iterator[str] | list[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _line(shown: Shown) -> str:
    source = f"set by {shown.newest.set_by_label}" if shown.newest and shown.is_changed else "from the environment"
    return f"{shown.name}={shown.value}  ({source})"


def _past(row: RuntimeSetting) -> str:
    what = "as in the environment" if row.is_reset else row.value
    return f"  {row.number}. {row.set_at:%Y-%m-%d %H:%M} {row.set_by_label}: {what}  {row.reason}".rstrip()
