"""``/api/v1/builds/{id}/ticket/``."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.models import Scope
from agentsite.common.errors import not_found
from builds import sharing, tickets
from builds.models.build import Build


class TicketSerializer(serializers.Serializer[None]):
    """A ticket that was just made."""

    ticket = serializers.CharField(
        allow_null=True, help_text="Told this once; null when the same POST is sent again. It opens the socket once."
    )
    url = serializers.CharField(allow_null=True, help_text="The address of the socket, with the ticket.")
    expires_at = serializers.DateTimeField(help_text="Until when the socket has to be opened.")


class TicketViewSet(ApiViewSet[Build]):
    """Tickets for the socket of a build."""

    read_scope: ClassVar[Scope] = Scope.BUILDS_READ
    write_scope: ClassVar[Scope] = Scope.BUILDS_READ
    never_kept: ClassVar[tuple[str, ...]] = ("ticket", "url")
    serializer_class = TicketSerializer  # type: ignore[assignment]  # what is answered is no build

    @extend_schema(operation_id="builds_ticket_create", request=None, responses={201: TicketSerializer})
    def create(self, request: Request, build_id: UUID) -> Response:
        """Make a ticket that opens the socket of a build once within 30 seconds, for programs that are no browser.

        The socket sends the build's events after `after`, as they are recorded. It ends when the key that asked
        for the ticket does, or when its owner may not see the build any more.
        """
        build = sharing.find_readable(self.user, None, build_id)
        if build is None:
            raise not_found()
        session_key = request.session.session_key or ""
        made = tickets.make_ticket(user=self.user, build=build, api_key=self.key, session_key=session_key)
        return told_once(request, made)


def told_once(request: Request, made: tickets.NewTicket) -> Response:
    """Answer with a ticket that was just made."""
    url = request.build_absolute_uri(made.path).replace("http", "ws", 1)
    answer = {"ticket": made.secret, "url": url, "expires_at": made.ticket.expires_at}
    return Response(TicketSerializer(answer).data, status=201)  # type: ignore[arg-type]  # read only
