"""What a key may be used for. A view names its scopes; one that names none can't be used with a key at all."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from agentsite.accounts.models import ApiKey, Scope
from agentsite.common.errors import AppError

if TYPE_CHECKING:  # the framework loads this file while it loads its views
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Let a key through that has the view's scope; somebody with a session needs none."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Say whether the request may go on.

        :raises AppError: ``key.scope_missing`` with the scope that is needed.
        """
        if not isinstance(request.auth, ApiKey):
            return True
        needed = scope_of(view, str(request.method))
        if needed is not None and request.auth.allows(needed):
            return True
        raise AppError(
            "key.scope_missing",
            _("This key may not be used for this."),
            hint=_("Use a key that has the scope “%(scope)s”.") % {"scope": needed or Scope.ADMIN},
            http_status=403,
        )


def scope_of(view: object, method: str) -> Scope | None:
    """Return the scope that a view asks of keys for a method: its ``read_scope`` or its ``write_scope``."""
    return getattr(view, "read_scope" if method in SAFE_METHODS else "write_scope", None)
