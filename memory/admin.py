"""What memory holds, in the operator's console: to read, to search, and to index again; never to write."""

from typing import cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from memory import (
    admin_rows,  # noqa: F401  it registers the others
    selectors,
    services,
    uses,
)
from memory.admin_rows import ReadOnlyAdmin
from memory.explaining import explained
from memory.models.usage import PassageUse
from memory.models.vectors import VectorMemory
from memory.passage_forms import OwnersSearchForm


@admin.register(VectorMemory)
class VectorMemoryAdmin(ReadOnlyAdmin):
    """Passages, newest first."""

    list_display = ("created_at", "title", "collection", "content_type", "language", "user", "verified", "is_indexed")
    list_filter = ("collection", "content_type", "language", "verified", "is_indexed")
    search_fields = ("title", "source_file")
    exclude = ("embedding",)
    raw_id_fields = ("user", "build", "message")
    unlisted = ("embedding", "terms")
    change_list_template = "memory/admin_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the overview and its button."""
        wrapped = self.admin_site.admin_view
        return [
            path("overview/", wrapped(self.overview), name="memory_overview"),
            path("reindex/", wrapped(self.reindex), name="memory_reindex"),
            *super().get_urls(),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show what each collection holds and how far the index is; search as somebody would, with the reasons."""
        form = OwnersSearchForm(request.GET or None)
        found = None
        if form.is_bound and form.is_valid():
            found = explained(form.found(cast("User", request.user)))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Memory"),
            "shelves": selectors.shelves(),
            "health": selectors.index_health(),
            "in_use": uses.quality(),
            "form": form,
            "found": found,
            "opts": self.opts,
        }
        return TemplateResponse(request, "memory/admin_overview.html", context)

    def reindex(self, request: HttpRequest) -> HttpResponse:
        """Let the index get every passage again."""
        if request.method == "POST":
            count = services.request_reindex(user=cast("User", request.user))
            messages.success(
                request, _("%(count)d passages are put into the index again, in the background.") % {"count": count}
            )
        return redirect("admin:memory_overview")


@admin.register(PassageUse)
class PassageUseAdmin(ReadOnlyAdmin):
    """Which builds were shown which passages."""

    list_display = ("created_at", "title", "rank", "score", "is_cited", "build", "user")
    list_filter = ("is_cited",)
    list_select_related = ("user", "build")
    raw_id_fields = ("user", "build", "passage")
