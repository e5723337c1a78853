"""Money that is set aside for model calls whose cost is not known yet."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from builds.models.build import Build


class ReservationState(models.TextChoices):
    """Held until the call's cost is in the ledger, or it is known that there is none."""

    HELD = "held", _("held")
    SETTLED = "settled", _("settled")
    RELEASED = "released", _("released")


class Reservation(models.Model):
    """The dearest outcome of one model call, under the key that the ledger uses for it.

    One whose worker died stays held, for nobody knows what the provider charged; the call that is made again uses it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="reservations")
    job = models.ForeignKey("builds.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="reservations")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The build's, which counts against the key's budget when the build is deleted, too."""
    call_key = models.CharField(max_length=240, unique=True)
    amount_usd = models.DecimalField(max_digits=12, decimal_places=6)
    state = models.CharField(max_length=10, choices=ReservationState.choices, default=ReservationState.HELD)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "created_at"], condition=Q(state="held"), name="reservation_held_by_user")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReservationState.values), name="reservation_state_known"),
            models.CheckConstraint(condition=Q(amount_usd__gt=0), name="reservation_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_usd} {self.state}"
