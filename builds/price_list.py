"""Changing the operator's prices."""

from collections.abc import Mapping

from django.db import transaction

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from builds.models.price import ModelPrice
from builds.runs import pricing


@transaction.atomic
def set_price(*, user: User, price: ModelPrice) -> None:
    """Store a new or changed price; calls that were made keep theirs."""
    before = ModelPrice.objects.filter(pk=price.pk).first() if price.pk else None
    price.save()
    details = {"before": _told(before)} if before else {}
    _audit("price.changed" if before else "price.added", user, price, details)


@transaction.atomic
def remove_price(*, user: User, price: ModelPrice) -> None:
    """Delete a price."""
    _audit("price.deleted", user, price, {})
    price.delete()


def _told(price: ModelPrice) -> dict[str, str]:
    return {
        "model": f"{price.provider}:{price.pattern}",
        "since": price.since.isoformat(),
        "input_usd": str(price.input_usd),
        "output_usd": str(price.output_usd),
    }


def _audit(action: str, user: User, price: ModelPrice, details: Mapping[str, object]) -> None:
    audit.record(
        action,
        user=user,
        resource_type="model_price",
        resource_id=str(price.pk),
        description=str(price),
        details={**_told(price), **details},
        category=Category.SYSTEM,
    )
    transaction.on_commit(pricing.forget, robust=True)
