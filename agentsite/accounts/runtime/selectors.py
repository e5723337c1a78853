"""The settings as an operator sees them: asked anew each time, for what is decided on them."""

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext

from agentsite.accounts.runtime.models import RuntimeSetting, RuntimeSettingQuerySet
from agentsite.accounts.runtime.table import BY_NAME, TABLE, Changeable
from agentsite.setting_kinds import Kind


@dataclass(frozen=True)
class Shown:
    """One setting, with what is in force and where that comes from."""

    setting: Changeable[Any]
    newest: RuntimeSetting | None
    """The last change, also one back to the environment; None when there was none."""

    @property
    def name(self) -> str:
        """Return its name in the environment."""
        return self.setting.name

    @property
    def meaning(self) -> str:
        """Return its sentence in the reader's language."""
        return gettext(self.setting.meaning)

    @property
    def allowed(self) -> str:
        """Return what may be given, in a sentence."""
        return allowed(self.setting.kind)

    @property
    def version(self) -> int:
        """Return the number of the last change; 0 when there was none."""
        return self.newest.number if self.newest else 0

    @property
    def is_changed(self) -> bool:
        """Say whether an operator's value is in force."""
        return self.newest is not None and not self.newest.is_reset

    @property
    def in_force(self) -> Any:
        """Return the value that is in force."""
        if self.newest is None or self.newest.is_reset:
            return self.setting.environment()
        return self.setting.understood(self.newest.value)

    @property
    def value(self) -> str:
        """Return the value that is in force, as a text."""
        return self.setting.kind.write(self.in_force)

    @property
    def environment(self) -> str:
        """Return the environment's value, as a text."""
        return self.setting.kind.write(self.setting.environment())


def allowed(kind: Kind[Any]) -> str:
    """Return what may be given for a kind, in a sentence."""
    return f"{capfirst(gettext(kind.wanted) % kind.bounds)}."


def all_shown() -> list[Shown]:
    """Return every setting that can change."""
    newest = {row.name: row for row in RuntimeSetting.objects.newest()}
    return [Shown(setting, newest.get(setting.name)) for setting in TABLE]


def shown(name: str) -> Shown | None:
    """Return one setting; None where there is none of this name."""
    setting = BY_NAME.get(name)
    return Shown(setting, history(name).first()) if setting else None


def history(name: str) -> RuntimeSettingQuerySet:
    """Return what became of a setting, newest first."""
    return RuntimeSetting.objects.filter(name=name).order_by("-number")
