"""What the page of one webhook shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from builds.models.webhook import DeliveryState, WebhookDelivery, WebhookEndpoint
from builds.pages.marks import Mark, Tone
from builds.webhooks import outcomes, selectors

PAGE = 20
_MARKS: dict[str, tuple[str, Tone]] = {
    DeliveryState.PENDING: ("clock", "quiet"),
    DeliveryState.DELIVERED: ("check", "good"),
    DeliveryState.FAILED: ("cross", "bad"),
}


@dataclass(frozen=True)
class DeliveryRow:
    """One line of the log."""

    delivery: WebhookDelivery
    mark: Mark
    problem: str


@dataclass(frozen=True)
class LogPage:
    """Some deliveries, newest first; ``older`` is the query of the next page, empty on the last."""

    rows: tuple[DeliveryRow, ...]
    state: str
    older: str
    is_first: bool


def log_page(endpoint: WebhookEndpoint, query: Mapping[str, str]) -> LogPage:
    """Return what the address asks for; values that are none narrow nothing."""
    state = query.get("state", "")
    state = state if state in DeliveryState.values else ""
    before = _cursor(query.get("before", ""))
    found = selectors.deliveries_of(endpoint, state).select_related("build").defer("body")
    shown = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    has_more = len(shown) > PAGE
    next_page = {"state": state, "before": shown[PAGE - 1].pk.hex} if has_more else {}
    return LogPage(
        rows=tuple(_row(delivery) for delivery in shown[:PAGE]),
        state=state,
        older=urlencode({name: value for name, value in next_page.items() if value}),
        is_first=before is None,
    )


def _row(delivery: WebhookDelivery) -> DeliveryRow:
    icon, tone = _MARKS[delivery.state]
    return DeliveryRow(
        delivery, Mark(icon, DeliveryState(delivery.state).label, tone), outcomes.sentence(delivery.error)
    )


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
