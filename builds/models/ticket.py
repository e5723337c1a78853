"""One-time tickets for sockets of programs that are no browser."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agentsite.accounts.models import ApiKey
from builds.models.build import Build
from memory.models.conversation import Conversation


class TicketQuerySet(models.QuerySet["SocketTicket"]):
    """Tickets, as adjectives."""

    def usable(self) -> Self:
        """Keep those that were not used and whose time is not over."""
        return self.filter(used_at__isnull=True, expires_at__gt=timezone.now())


class SocketTicket(models.Model):
    """One person's program may open the socket of one build or conversation once; the ticket is stored as a hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    build = models.ForeignKey(Build, null=True, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.CASCADE, related_name="+")
    """The key that asked for it; None for somebody with a session."""
    session_key = models.CharField(max_length=40, blank=True)
    """The session that asked for it: the socket ends with it."""
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(api_key__isnull=False, session_key="") | (Q(api_key__isnull=True) & ~Q(session_key="")),
                name="socket_ticket_from_a_key_or_a_session",
            ),
            models.CheckConstraint(
                condition=Q(build__isnull=False, conversation__isnull=True)
                | Q(build__isnull=True, conversation__isnull=False),
                name="socket_ticket_for_a_build_or_a_conversation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.build_id or self.conversation_id}"
