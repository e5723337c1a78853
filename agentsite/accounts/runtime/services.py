"""Changing a setting: a row, its entry in the audit log, and the news of it are one."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.runtime import reading, selectors
from agentsite.accounts.runtime.models import MAX_REASON, RuntimeSetting
from agentsite.accounts.runtime.selectors import Shown
from agentsite.accounts.runtime.table import (
    BY_NAME,
    MESSAGE_RETENTION_DAYS,
    MESSAGE_RETENTION_MAX_DAYS,
    Changeable,
    judge_of,
)
from agentsite.common.errors import AppError, invalid, not_found
from agentsite.setting_kinds import Line
from audit import services as audit
from audit.models import Category, Severity

_NOBODY = "system"
"""Who has the server's terminal, as in the audit log."""


@dataclass(frozen=True)
class Outcome:
    """What became of a wish to change something."""

    shown: Shown
    is_new: bool
    """False when it was so before, and nothing was written."""
    warning: str = ""


def set_setting(*, user: User | None, name: str, value: str, reason: str = "", version: int | None = None) -> Outcome:
    """Change a setting for all processes; what is in force already is not written again.

    :param user: None for whoever has the server's terminal.
    :param version: of the change that was seen last; None takes what is newest now.
    :raises AppError: ``request.forbidden``; ``request.not_found``; ``request.invalid``; ``setting.changed_meanwhile``.
    """
    setting = _found(user, name)
    text = setting.kind.write(_read(setting, value))
    outcome = _write(user, setting, RuntimeSetting(value=text, reason=_reason(reason)), version)
    judge = judge_of(setting)  # in no transaction: it may ask over the network
    return Outcome(outcome.shown, outcome.is_new, judge.warning(text)) if judge else outcome


def reset_setting(*, user: User | None, name: str, reason: str = "", version: int | None = None) -> Outcome:
    """Let a setting be as in the environment again; what is so already is not written again.

    :raises AppError: as ``set_setting``.
    """
    setting = _found(user, name)
    return _write(user, setting, RuntimeSetting(is_reset=True, reason=_reason(reason)), version)


def _write(user: User | None, setting: Changeable[Any], row: RuntimeSetting, version: int | None) -> Outcome:
    row.name, row.set_by = setting.name, user
    row.set_by_label = user.get_username() if user else _NOBODY
    try:
        with transaction.atomic():
            before = Shown(setting, selectors.history(setting.name).first())
            after = Shown(setting, row)
            if _is_same(before, after):  # first: who presses twice has been no faster than himself
                return Outcome(before, is_new=False)
            if version is not None and version != before.version:
                raise _changed_meanwhile(before.newest)
            _check_consistent(after)
            row.number = before.version + 1
            row.save(force_insert=True)
            _audit(user, before, after, row)
            reading.forget()
            transaction.on_commit(reading.forget)
    except IntegrityError:  # another operator made the same number at this moment
        raise _changed_meanwhile(selectors.history(setting.name).first()) from None
    return Outcome(after, is_new=True)


def _is_same(before: Shown, after: Shown) -> bool:
    if after.is_changed:
        return bool(before.in_force == after.in_force)
    return not before.is_changed


def _found(user: User | None, name: str) -> Changeable[Any]:
    if user is not None and not user.is_operator:
        raise AppError(
            "request.forbidden",
            _("Only operators may do this."),
            hint=_("Ask an operator for what you need."),
            http_status=403,
        )
    found = BY_NAME.get(name)
    if found is None:
        raise not_found()
    return found


def _read(setting: Changeable[Any], text: str) -> Any:
    try:
        value = setting.kind.read(text.strip())
    except ValueError:
        raise invalid(value=selectors.allowed(setting.kind)) from None
    judge = judge_of(setting)
    problem = judge.problem(text.strip()) if judge else ""
    if problem:
        raise invalid(value=problem)
    return value


def _reason(text: str) -> str:
    line = Line(MAX_REASON)
    try:
        return line.read(text)
    except ValueError:
        raise invalid(reason=selectors.allowed(line)) from None


def _check_consistent(after: Shown) -> None:
    """Keep the ordinary time below the longest; of two changes at one moment the lower holds, see ``days_of``."""
    pair = (MESSAGE_RETENTION_DAYS, MESSAGE_RETENTION_MAX_DAYS)
    if after.setting not in pair:
        return
    days, most = (
        after.in_force if each is after.setting else Shown(each, selectors.history(each.name).first()).in_force
        for each in pair
    )
    if days > most:
        told = {"days": days, "most": most}
        raise invalid(value=_("Messages would be kept for %(days)d days, and at most for %(most)d.") % told)


def _changed_meanwhile(newest: RuntimeSetting | None) -> AppError:
    who = newest.set_by_label if newest else _NOBODY
    return AppError(
        "setting.changed_meanwhile",
        _("This setting was changed meanwhile, by %(who)s.") % {"who": who},
        hint=_("Look at what is in force now, and change it again if that is not what you want."),
        http_status=409,
    )


def _audit(user: User | None, before: Shown, after: Shown, row: RuntimeSetting) -> None:
    is_security = after.setting.is_security
    audit.record(
        "setting.reset" if row.is_reset else "setting.changed",
        user=user,
        resource_type="setting",
        resource_id=after.name,
        description=row.reason,
        details={"before": before.value, "after": after.value, "number": after.version},
        category=Category.SECURITY if is_security else Category.SYSTEM,
        severity=Severity.WARNING if is_security else Severity.INFO,
    )
