"""An owner with an endpoint at a real receiver, and turns of delivering."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentsite.accounts.models import User
from builds.models.webhook import WebhookDelivery
from builds.webhooks import services
from builds.webhooks.kinds import PUBLIC
from tests.stand_ins.webhook_receiver import Answer, Receiver

Receive = Callable[..., Receiver]


@pytest.fixture(autouse=True)
def _allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost"]


@pytest.fixture
def receive() -> Iterator[Receive]:
    """Return a function that starts a receiver, which is stopped after the test."""
    started: list[Receiver] = []

    def start(*answers: Answer, **more: Any) -> Receiver:
        started.append(Receiver(*answers, **more).__enter__())
        return started[-1]

    yield start
    for receiver in started:
        receiver.__exit__()


def subscribed(user: User, url: str, *kinds: str) -> services.NewSecret:
    """Register an endpoint; for everything unless told."""
    return services.create_endpoint(user=user, url=url, kinds=kinds or list(PUBLIC))


def make_due() -> None:
    """Let time pass until the next attempt of everything that waits."""
    from django.utils import timezone

    WebhookDelivery.objects.filter(state="pending").update(next_attempt_at=timezone.now())
