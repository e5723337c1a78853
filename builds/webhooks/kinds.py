"""What can be told: kinds of events whose names never change. What nodes say to each other is not among them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PING = "ping"
"""Sent when somebody asks for it; nobody subscribes to it."""
PUBLIC: dict[str, str | Promise] = {
    "build.submitted": _("a build was submitted"),
    "build.continued": _("a build goes on where another one failed"),
    "build.forked": _("a build starts from another one's attempt"),
    "build.started": _("a worker began"),
    "build.resumed": _("a worker took it up again"),
    "build.waiting": _("it waits for its model's provider"),
    "tests.ran": _("an attempt's tests ran"),
    "verdict.reached": _("what was proved is known"),
    "build.completed": _("a build was completed"),
    "build.failed": _("a build failed"),
    "build.cancelled": _("a build was cancelled"),
    "deployment.submitted": _("a deployment was asked for"),
    "deployment.healthy": _("a deployment is healthy"),
    "deployment.rolled_back": _("a deployment was rolled back"),
    "deployment.failed": _("a deployment failed"),
    "deployment.cancelled": _("a deployment was cancelled"),
}
ENDINGS = ("build.completed", "build.failed", "build.cancelled")
