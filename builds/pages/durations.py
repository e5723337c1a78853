"""Lengths of time and sums of money in words."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_SHOWN_IN_MS, _SHOWN_IN_TENTHS = 0.0995, 9.95  # what rounds to 0.1 s and to 10 s is shown so
_MINUTE = 60
_HOUR = 3600


def duration(seconds: float) -> str:
    """Return 40 ms, 1.2 s, 1 m 12 s or 2 h 5 m."""
    if seconds < _SHOWN_IN_MS:
        return _("%(number)s ms") % {"number": number_format(round(seconds * 1000))}
    if seconds < _SHOWN_IN_TENTHS:
        return _("%(number)s s") % {"number": number_format(round(seconds, 1), 1)}
    whole = round(seconds)
    if whole < _MINUTE:
        return _("%(number)s s") % {"number": number_format(whole)}
    if whole < _HOUR:
        return _("%(minutes)d m %(seconds)d s") % {"minutes": whole // _MINUTE, "seconds": whole % _MINUTE}
    return _("%(hours)d h %(minutes)d m") % {"hours": whole // _HOUR, "minutes": whole % _HOUR // _MINUTE}


def money(amount: Decimal) -> str:
    """Return dollars; small sums with as many digits as they need."""
    places = 2 if amount == 0 or amount >= Decimal("0.01") else 4
    return f"${number_format(amount, places)}"
