"""Records of builds; import each from its own module (Django needs them all to be loaded from here)."""

from builds.models import (
    analysis,
    build,
    evidence,
    files,
    pause,
    price,
    reservation,
    run,
    share,
    ticket,
    usage,
    webhook,
)

__all__ = [
    "analysis",
    "build",
    "evidence",
    "files",
    "pause",
    "price",
    "reservation",
    "run",
    "share",
    "ticket",
    "usage",
    "webhook",
]
