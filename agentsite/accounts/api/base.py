"""What every view set of the API shares: scopes, repeatable POSTs, and answers with an ETag."""

from collections.abc import Collection
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework import viewsets
from rest_framework.request import Request

from agentsite.accounts import idempotency
from agentsite.accounts.models import ApiKey, Scope, User

M = TypeVar("M", bound=Model)


@method_decorator(conditional_page, name="dispatch")
class ApiViewSet(viewsets.GenericViewSet[M]):
    """Serve ETags on reads, honour ``Idempotency-Key`` on every POST, and let keys in by their scopes."""

    read_scope: ClassVar[Scope]
    write_scope: ClassVar[Scope]
    never_kept: ClassVar[Collection[str]] = ()
    """Names in an answer to a POST that are not stored for its repetition."""

    @property
    def user(self) -> User:
        """Return who calls; permissions have let nobody else in."""
        return cast("User", self.request.user)

    @property
    def key(self) -> ApiKey | None:
        """Return the key of a program; None for a person with a session."""
        return self.request.auth if isinstance(self.request.auth, ApiKey) else None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in; from here on a POST goes through its key."""
        super().initial(request, *args, **kwargs)
        post = getattr(self, "post", None)
        if request.method == "POST" and post is not None:
            cast("Any", self).post = lambda request, *args, **kwargs: idempotency.once(
                request, self.user, lambda: post(request, *args, **kwargs), never_kept=self.never_kept
            )
