"""What templates need to show values: icons, times, durations, money."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import npgettext_lazy

from builds import failures
from builds.offered import language_name
from builds.pages import durations
from builds.pages.marks import Mark

register = template.Library()
register.filter(language_name)
_JUST_NOW_SECONDS = 60
_LENGTHS: dict[str, Any] = {
    "year": npgettext_lazy("before or after now", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("before or after now", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("before or after now", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("before or after now", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("before or after now", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("before or after now", "%(num)d minute", "%(num)d minutes", "num"),
}
"""As Django counts them, in the case that languages like Russian have after “in” and before “ago”."""
_ICONS = {
    "check": "<circle cx='8' cy='8' r='7'/><path class='cut' d='m4.8 8.3 2.2 2.2 4.2-4.7'/>",
    "cross": "<circle cx='8' cy='8' r='7'/><path class='cut' d='m5.5 5.5 5 5m0-5-5 5'/>",
    "stop": "<circle cx='8' cy='8' r='7'/><path class='cut' d='M4.8 8h6.4'/>",
    "running": "<path class='ring' d='M8 1.8a6.2 6.2 0 1 0 6.2 6.2'/>",
    "pending": "<circle class='line' cx='8' cy='8' r='5.5'/>",
    "clock": "<circle class='line' cx='8' cy='8' r='6.2'/><path class='line' d='M8 4.5V8l2.4 1.6'/>",
    "pause": "<circle cx='8' cy='8' r='7'/><path class='cut' d='M6.2 5.3v5.4m3.6-5.4v5.4'/>",
    "shield": "<path d='M8 .9 2.2 3v4.6c0 3.5 2.4 6.2 5.8 7.5 3.4-1.3 5.8-4 5.8-7.5V3z'/>"
    "<path class='cut' d='m5.2 8 2 2 3.7-4.1'/>",
    "half": "<circle class='line' cx='8' cy='8' r='6.2'/><path d='M8 1.8a6.2 6.2 0 0 1 0 12.4z'/>",
    "dash": "<circle class='line' cx='8' cy='8' r='6.2'/><path class='line' d='M5.3 8h5.4'/>",
    "warning": "<path d='M8 1.2 15.2 14H.8z'/><path class='cut' d='M8 5.8v3.6m0 2.1v.2'/>",
    "folder": "<path d='M1.5 3h4.4l1.4 1.6h7.2V13h-13z'/>",
    "file": "<path class='line' d='M3.5 1.8h5.7l3.3 3.3v9.1h-9zM9 2v3.4h3.4'/>",
    "flask": "<path class='line' "
    "d='M6.2 1.8v4.4L2.6 13c-.3.7.1 1.2.8 1.2h9.2c.7 0 1.1-.5.8-1.2L9.8 6.2V1.8M5 1.8h6M4.6 10h6.8'/>",
    "book": "<path class='line' "
    "d='M8 3.6C6.5 2.3 4.3 2 2 2v10.6c2.3 0 4.5.3 6 1.6 1.5-1.3 3.7-1.6 6-1.6V2c-2.3 0-4.5.3-6 1.6zm0 0V14'/>",
    "download": "<path class='line' d='M8 1.8v8.4m-3.4-3.2L8 10.4 11.4 7M2 13.8h12'/>",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a small picture that says the same as the word beside it."""
    shape = _ICONS.get(name, _ICONS["dash"]).replace("'", '"')
    opening = f'<svg class="icon icon-{name if name in _ICONS else "dash"}" viewBox="0 0 16 16" aria-hidden="true">'
    return mark_safe(f"{opening}{shape}</svg>")  # noqa: S308  only the constants above


@register.inclusion_tag("builds/_mark.html", name="mark")
def show_mark(mark: Mark) -> dict[str, Mark]:
    """Show a state as icon and word."""
    return {"mark": mark}


def drawn(mark: Mark) -> SafeString:
    """Return a state as icon and word, for what is no template."""
    return format_html('<span class="mark mark-{}">{}<span>{}</span></span>', mark.tone, icon(mark.icon), mark.word)


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """Show a moment relative to now, with the absolute time on hover."""
    seconds = (timezone.now() - moment).total_seconds()
    words = _("just now") if seconds < _JUST_NOW_SECONDS else _("%(time)s ago") % {"time": _length_since(moment)}
    exact = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def ahead(moment: datetime) -> str:
    """Say how far a moment lies ahead; it stands behind “in”."""
    return timeuntil(moment, time_strings=_LENGTHS)


@register.filter
def duration(seconds: float | None) -> str:
    """Show a length of time; nothing for None."""
    return "" if seconds is None else durations.duration(seconds)


@register.filter
def money(amount: Decimal) -> str:
    """Show a sum in dollars."""
    return durations.money(amount)


@register.filter
def pretty(value: object) -> str:
    """Show what was stored as JSON, to be read by people."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@register.filter
def why_unread(code: str) -> str:
    """Say why a file could not be read, and what to do."""
    return f"{failures.message(code, {})} {failures.hint(code)}"


@register.simple_tag
def query(**values: object) -> str:
    """Return values as an address's query; names may end in _ where Python keeps the word."""
    return "?" + urlencode({name.rstrip("_"): value for name, value in values.items() if value not in {None, ""}})


def _length_since(moment: datetime) -> str:
    return timesince(moment, depth=1, time_strings=_LENGTHS)
