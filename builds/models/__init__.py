"""Records of builds; import each from its own module (Django needs them all to be loaded from here)."""

from builds.models import (
    analysis,
    approval,
    build,
    deployment,
    evidence,
    files,
    job,
    pause,
    price,
    reservation,
    run,
    share,
    ticket,
    usage,
    webhook,
    worker,
)

__all__ = [
    "analysis",
    "approval",
    "build",
    "deployment",
    "evidence",
    "files",
    "job",
    "pause",
    "price",
    "reservation",
    "run",
    "share",
    "ticket",
    "usage",
    "webhook",
    "worker",
]
