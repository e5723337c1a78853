"""Counting who logs in and who can't, by Django's own signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from agentsite.common.measures import counter

LOGINS = counter("agentsite_logins_total", "Log-ins with a password: succeeded or failed.", "outcome")


@receiver(user_logged_in)
def note_success(**_: Any) -> None:
    """Count one."""
    LOGINS.labels("succeeded").inc()


@receiver(user_login_failed)
def note_failure(**_: Any) -> None:
    """Count one that did not come in."""
    LOGINS.labels("failed").inc()
