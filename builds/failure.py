"""What one way to end badly means."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Fault = Literal["user", "model", "sandbox", "platform"]


@dataclass(frozen=True)
class Failure:
    """One code's meaning; ``message`` may name details in ``%(name)s`` form."""

    fault: Fault
    can_retry: bool
    message: str | Promise
    hint: str | Promise


TELL_THE_OPERATOR = _("Tell the operator: the log has the details under its id.")
