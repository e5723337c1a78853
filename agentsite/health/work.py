"""Looking at who works: workers, sandbox, model, bot, seals."""

from django.conf import settings

from agentsite.health.part import Part, State, degraded, down, ok
from audit import selectors as seals
from builds import engine, presence
from telegram_link import selectors as telegram

_DEGRADED_MODEL = {"model.overloaded"}
_SEALED_WITHIN_SECONDS = 120


def workers() -> Part:
    """Count the workers that were heard of lately."""
    alive = presence.alive()
    counted = {"places": sum(each.places for each in alive), "running": sum(each.runs for each in alive)}
    if not alive:
        return down("0 alive", "workers.none")
    return ok(f"{len(alive)} alive", alive=len(alive), **counted)


def sandbox() -> Part:
    """Say in which sandbox code runs here, or what to do to get one."""
    health = engine.sandbox_health()
    if health.description is None:
        error = health.error
        return down("", error.code, **error.details) if error else down("", "sandbox.unavailable")
    return ok(health.description.backend, identity=health.description.identity)


def model() -> Part:
    """Ask the server of the model that builds use whether it is there; the cookbook always is."""
    found = engine.reach_model()
    if not found.code:
        return ok(found.name)
    make = degraded if found.code in _DEGRADED_MODEL else down
    return make(found.name, found.code, **found.details)


def bot() -> Part:
    """Say whether somebody listens to Telegram, and whether what is to be said gets out."""
    if not settings.TELEGRAM_BOT_TOKEN:
        return Part(State.OFF)
    name = "webhook" if settings.TELEGRAM_WEBHOOK else "polling"
    if settings.TELEGRAM_WEBHOOK and not telegram.is_registered():
        return degraded(name, "bot.not_registered")
    if not settings.TELEGRAM_WEBHOOK and not telegram.is_listening():
        return down(name, "bot.nobody_listens")
    return degraded(name, "bot.outbox_late") if telegram.is_outbox_late() else ok(name)


def audit() -> Part:
    """Say whether entries get their seals in time."""
    is_late = seals.figures().oldest_unsealed_seconds > _SEALED_WITHIN_SECONDS
    return degraded("", "audit.late") if is_late else Part(State.OK)
