"""What can be read about webhooks: each starts at its owner, an operator's rights reach no further here."""

from django.db.models import QuerySet

from agentsite.accounts.models import User
from builds.models.webhook import DeliveryQuerySet, WebhookDelivery, WebhookEndpoint


def endpoints_of(user: User) -> QuerySet[WebhookEndpoint]:
    """Return somebody's endpoints, newest first."""
    return WebhookEndpoint.objects.filter(user=user).order_by("-id")


def find_endpoint(user: User, endpoint_id: int) -> WebhookEndpoint | None:
    """Return one of somebody's endpoints; None where there is none."""
    return endpoints_of(user).filter(pk=endpoint_id).first()


def deliveries_of(endpoint: WebhookEndpoint, state: str = "") -> DeliveryQuerySet:
    """Return an endpoint's deliveries, newest first; all of them, or those in a state."""
    found = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-id")
    return found.filter(state=state) if state else found
