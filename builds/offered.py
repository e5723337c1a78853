"""Which languages are offered, by the names people know, and why one is not."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from builds.engine import language, languages
from builds.toolchains.registry import LanguageStatus

_NAMES = {"python": "Python", "javascript": "JavaScript", "typescript": "TypeScript"}
_REASONS: dict[str, str | Promise] = {
    "node.missing": _("this server has no Node.js; the operator runs script/setup"),
    "node.too_old": _("Node.js on this server is older than 20.19"),
    "node.packages_missing": _("its checking tools are not installed; the operator runs script/setup"),
    "typescript.node_too_old": _("Node.js on this server cannot run it, 22.18 and newer can"),
}


def language_labels() -> list[tuple[str, str]]:
    """Return each known language's name and what a list shows for it: with the reason where it can't be built here."""
    return [(each.name, _label(each)) for each in languages()]


def language_name(name: str) -> str:
    """Return a language's name as people write it."""
    return _NAMES.get(name, name.title())


def offered_languages() -> list[str]:
    """Return the names of the languages that can be built."""
    return [each.name for each in languages() if each.is_available]


def is_offered(name: str) -> bool:
    """Say whether a language can be built."""
    found = language(name)
    return found is not None and found.is_available


def reason_against(name: str) -> str:
    """Return why a known language can't be built here; empty for one that can, and for one that nobody knows."""
    found = language(name)
    return _reason(found) if found and not found.is_available else ""


def _label(status: LanguageStatus) -> str:
    name = language_name(status.name)
    return name if status.is_available else f"{name} ({_reason(status)})"


def _reason(status: LanguageStatus) -> str:
    return str(_REASONS.get(status.reason) or _("this server cannot run it"))  # a runner may know newer reasons
