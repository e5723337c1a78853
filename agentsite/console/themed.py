"""What every list and form of the console has, whichever app or library it belongs to."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin as UnfoldAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from agentsite.console import searching
from agentsite.console.audited import Audited
from agentsite.console.filtering import bounded
from agentsite.console.paging import BoundedPaginator
from agentsite.console.sorting import IndexedChangeList, is_ordered


class Themed(Audited, UnfoldAdmin):
    """The theme, lists that are not counted to their end, and changes that are written down."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    """What is to be done is done to rows that were seen."""
    list_fullwidth = True
    change_form_template = "admin/acts.html"

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        """Let several be chosen by boxes, which every keyboard and every phone has."""
        return super().formfield_for_manytomany(
            db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **given
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **given: Any) -> HttpResponse:
        """Show a row with what can be done with it: the list's actions, as buttons."""
        row = given.get("obj")
        names = {name: act[2] for name, act in self.get_actions(request).items() if act and name != "delete_selected"}
        offered = [(name, words) for name, words in names.items() if row is not None and self.is_offered(name, row)]
        shown = {"acts": offered, "acts_url": self.list_url()}
        answer: HttpResponse = super().render_change_form(request, context | shown, *args, **given)
        return answer

    def is_offered(self, act: str, row: Model) -> bool:  # noqa: ARG002  for whoever knows better
        """Say whether an act makes sense for a row as it is."""
        return True

    def list_url(self) -> str:
        """Return the list's address."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def change_url(self, row: Model) -> str:
        """Return the address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def get_changelist(self, request: HttpRequest, **given: Any) -> type[ChangeList]:  # noqa: ARG002  Django's signature
        """Return a list that an index keeps in order."""
        return IndexedChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Offer to sort by what an index keeps in order."""
        return [name for name in super().get_sortable_by(request) if is_ordered(self.model, name)]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Filter without making the database read a million rows."""
        return [bounded(self.model, wanted) for wanted in super().get_list_filter(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search without making the database read a million rows."""
        return searching.found(queryset, search_term, self.get_search_fields(request)), False

    def response_action(  # type: ignore[override]  # the stubs know an argument that Django doesn't
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Do what is asked with the selected rows; what names no row of this list is none."""
        try:
            return super().response_action(request, queryset)
        except (ValidationError, ValueError) as error:
            raise BadRequest("a row that can't be") from error


def themed(given: type[ModelAdmin[Any]]) -> type[ModelAdmin[Any]]:
    """Return an admin class with what the console adds; what the class says itself counts."""
    if issubclass(given, Themed):
        return given
    kept = {"__doc__": given.__doc__, "__module__": given.__module__}
    return type(given.__name__, (given, Themed), kept | {"filter_horizontal": (), "filter_vertical": ()})
