"""How each part of the installation is, found within two seconds whatever hangs."""

from collections.abc import Iterator

from agentsite.health import stores, work
from agentsite.health.check import LIMIT_SECONDS, Check
from agentsite.health.part import State, degraded
from builds import sandbox_report

NEEDED = ("database", "workers", "sandbox", "disk")
"""What builds can't do without."""
_FOUND_THROUGH = dict.fromkeys(("workers", "bot", "audit", "model"), "database")
"""Which model builds use may be a setting of run time."""
_LOOKS = {
    "database": stores.database,
    "broker": stores.broker,
    "workers": work.workers,
    "sandbox": work.sandbox,
    "model": work.model,
    "vectors": stores.vectors,
    "bot": work.bot,
    "disk": stores.disk,
    "audit": work.audit,
}
_SHARED_SECONDS = {"model": 15.0}
CHECKS = {name: Check(name, look, shared_seconds=_SHARED_SECONDS.get(name, 1.0)) for name, look in _LOOKS.items()}
Parts = dict[str, dict[str, object]]


def parts(limits: dict[str, float] | None = None) -> Parts:
    """Look at all parts side by side.

    :param limits: how long to wait for some of them, instead of the ordinary time.
    """
    for check in CHECKS.values():
        check.begin()
    found = {name: check((limits or {}).get(name, LIMIT_SECONDS)) for name, check in CHECKS.items()}
    return {name: _unknown(through) if through else found[name] for name, through in _hidden(found)}


def _hidden(found: Parts) -> Iterator[tuple[str, str]]:
    """Say for each part which other one keeps it from being seen."""
    ways = _FOUND_THROUGH | ({"sandbox": "broker"} if sandbox_report.is_elsewhere() else {})
    for name, part in found.items():
        way = ways.get(name, "")
        yield name, way if way and not (part["ok"] or found[way]["ok"]) else ""


def _unknown(through: str) -> dict[str, object]:
    return degraded("", "part.unknown", through=through).told(0.0)


def status_of(found: Parts) -> str:
    """Return ``ok``, ``degraded``, or ``not ready`` when something is down that builds need."""
    if any(not found[name]["ok"] for name in NEEDED):
        return "not ready"
    is_well = all(part["state"] in {State.OK, State.OFF} for part in found.values())
    return "ok" if is_well else "degraded"
