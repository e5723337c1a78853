"""What is counted of the bot: updates it handled, and calls of the Bot API."""

from agentsite.common.measures import counter, histogram
from telegram_link.bot import Outcome

UPDATES = histogram("agentsite_telegram_update_seconds", "Updates that were handled, and how long it took.")
CALLS = counter(
    "agentsite_telegram_calls_total",
    "Calls to send, edit or answer; the outcome is sent, or later (Telegram's 429), unreachable, refused, gone, …",
    *("kind", "outcome"),
)


def count_call(kind: str, outcome: Outcome) -> None:
    """Count what came of a call."""
    CALLS.labels(kind, outcome.error or "sent").inc()
