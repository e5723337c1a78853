"""Money in the operator's console: the ledger, what is set aside, and prices."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.common.read_only import ReadOnly
from builds import price_list
from builds.models.price import ModelPrice
from builds.models.reservation import Reservation
from builds.models.usage import TokenUsage


@admin.register(TokenUsage)
class TokenUsageAdmin(ReadOnly, admin.ModelAdmin[TokenUsage]):
    """The ledger: every model call, with what it used and cost."""

    list_display = (
        "created_at",
        "user",
        "purpose",
        "provider",
        "model",
        "tokens_input",
        "tokens_output",
        "cost_usd",
        "duration_ms",
        "has_price",
    )
    list_filter = ("scope", "has_price", "provider", "created_at")
    search_fields = ("=build__id", "=job__id", "user__username", "model", "purpose")
    search_help_text = _("Id of a build or job, or username; models and purposes of the newest calls")
    list_select_related = ("user",)
    raw_id_fields = ("build", "job", "api_key", "user")
    ordering = ("-id",)


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin[ModelPrice]):
    """Prices that come before the shipped list; a change is known everywhere within a minute."""

    list_display = ("provider", "pattern", "since", "input_usd", "output_usd", "updated_at")
    list_filter = ("provider",)
    search_fields = ("pattern",)

    def save_model(self, request: HttpRequest, obj: ModelPrice, form: object, change: bool) -> None:  # noqa: ARG002, FBT001  Django's signature
        """Store a price."""
        price_list.set_price(user=cast("User", request.user), price=obj)

    def delete_model(self, request: HttpRequest, obj: ModelPrice) -> None:
        """Delete a price."""
        price_list.remove_price(user=cast("User", request.user), price=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelPrice]) -> None:
        """Delete the selected prices."""
        for price in queryset:
            price_list.remove_price(user=cast("User", request.user), price=price)


@admin.register(Reservation)
class ReservationAdmin(ReadOnly, admin.ModelAdmin[Reservation]):
    """Money that is set aside for model calls."""

    list_display = ("created_at", "user", "build", "amount_usd", "state")
    list_filter = ("state",)
    search_fields = ("=build__id", "user__username")
    list_select_related = ("user", "build")
    ordering = ("-id",)
