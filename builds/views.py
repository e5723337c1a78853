"""The pages. Each view calls one service or lays out what the selectors found."""

import tempfile
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from agentsite.common.forms import RequestForm
from builds import downloads, engine, export, removal, selectors, services, sharing, storage, uploads
from builds.forms import BuildForm
from builds.models.build import Build, BuildVerification
from builds.models.run import RunState
from builds.pages import build as build_pages
from builds.pages import fork as fork_pages
from builds.pages import listing, once
from builds.pages import start as start_pages
from builds.share_views import readable

_MOST_EVENTS = 500


@login_required
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Ask what is to be built."""
    return _form_page(request, BuildForm(initial=_initial(request)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take a request in; the same form sent twice leads to the same build."""
    if request.method != "POST":
        return _form_page(request, BuildForm(initial=_initial(request)))
    user = _user(request)
    form = BuildForm(brought=uploads.bring(user, request.POST, request.FILES.getlist("uploads")), user=user)
    if not form.is_valid():
        return _form_page(request, form)
    try:
        made = once.take_in(request, lambda: services.submit_build(user=user, **form.wanted()))
    except AppError as error:
        form.take_errors(error)
        return _form_page(request, form, error)
    return _to_build(made)


@login_required
@require_GET
def builds(request: HttpRequest) -> HttpResponse:
    """List what this person may see."""
    filters = listing.Filters.read(request.GET.dict())
    context = {
        "page": listing.list_page(_user(request), filters),
        "statuses": [("active", _("not ended yet")), *RunState.choices],
        "verifications": BuildVerification.choices,
    }
    return render(request, "builds/list.html", context)


@login_required
@require_GET
@cache_control(private=True, no_store=True)
def own_data(request: HttpRequest) -> FileResponse:
    """Hand over everything that is this person's, as a zip."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    export.write_export(_user(request), target)
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename="agentsite.zip", content_type="application/zip")


@require_GET
@cache_control(private=True, no_cache=True)
@readable
def detail(request: HttpRequest, build: Build) -> HttpResponse:
    """Show a build, whole; scripts only keep it up to date."""
    return render(request, "builds/detail.html", _page_context(request, build))


@require_GET
@cache_control(private=True, no_store=True)
@readable
def panels(request: HttpRequest, build: Build) -> HttpResponse:
    """Answer with the parts of the page that change."""
    return render(request, "builds/panels.html", _page_context(request, build))


@require_GET
@readable
def file(request: HttpRequest, build: Build, attempt: int, path: str) -> HttpResponse:
    """Show one stored file as plain text."""
    files = selectors.files_of(build.id, attempt)
    stored = next((file for file in files if file.path == path), None)
    if stored is None:
        raise Http404
    return downloads.plain_text(stored, to=request.user)


@require_GET
@readable
def archive(request: HttpRequest, build: Build) -> HttpResponse:
    """Hand over the files of an attempt, the last one unless told."""
    files = selectors.files_of(build.id, _number(request, "attempt"))
    if not files:
        raise Http404
    return downloads.zip_file(build, files, to=request.user)


@login_required
@require_POST
def cancel(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Ask a build to stop."""
    build = _found(request, build_id)
    try:
        stopped = services.cancel_build(user=_user(request), build=build)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
    else:
        ended = _("“%(name)s” was cancelled.") if stopped.is_final else _("“%(name)s” is being stopped.")
        messages.success(request, ended % {"name": build.project_name})
    return redirect(build)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Ask whether a build shall be deleted, and delete it."""
    build = _found(request, build_id)
    if request.method != "POST":
        return render(request, "builds/delete.html", {"build": build, "size": storage.size_of(build=build)})
    try:
        removal.delete_build(user=_user(request), build=build)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect(build)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": build.project_name})
    return redirect("builds:list")


@login_required
@require_POST
def retry(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Submit the same request again, as a new build: from the start, or from where it failed."""
    build, user = _found(request, build_id), _user(request)
    goes_on = request.POST.get("from") == "failed"
    try:
        made = once.take_in(
            request, lambda: services.retry_build(user=user, build=build, from_node="failed" if goes_on else "")
        )
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect(build)
    told = _("This is a new build that goes on where the other one stopped.") if goes_on else ""
    messages.success(request, told or _("This is a new build of the same request."))
    return _to_build(made)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fork(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Ask what shall change, and submit it as a new build that starts from an attempt of this one."""
    build, user = _found(request, build_id), _user(request)
    if build.user_id != user.id:
        raise PermissionDenied
    page = fork_pages.fork_page(request, build)
    if not page.files:
        messages.error(request, _("This build has written no files yet, so there is nothing to continue from."))
        return redirect(build)
    if request.method != "POST" or not page.form.is_valid():
        return _fork_page(request, page)
    try:
        made = once.take_in(request, lambda: services.fork_build(user=user, build=build, **page.form.wanted()))
    except AppError as error:
        page.form.take_errors(error)
        return _fork_page(request, page, error)
    return _to_build(made)


def _to_build(build_id: UUID | None) -> HttpResponse:
    return redirect("builds:detail", build_id=build_id) if build_id else redirect("builds:list")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("views that need somebody are behind login_required")
    return request.user


def _found(request: HttpRequest, build_id: UUID) -> Build:
    build = selectors.find_build(_user(request), build_id)
    if build is None:
        raise Http404
    return build


def _page_context(request: HttpRequest, build: Build) -> dict[str, object]:
    wanted = build_pages.Wanted(
        attempt=_number(request, "attempt"),
        path=request.GET.get("path", ""),
        start=_number(request, "from"),
        end=_number(request, "to"),
        events=min(_number(request, "events") or 0, _MOST_EVENTS),
        reader_id=request.user.pk,
    )
    page = build_pages.build_page(build, wanted)
    can_change = isinstance(request.user, User) and sharing.may_change(request.user, build)
    shares = sharing.shares_of(build) if can_change else ()
    return {"page": page, "token": once.new_token(), "can_change": can_change, "shares": shares}


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None  # noqa: PLR2004  fits any column


def _initial(request: HttpRequest) -> dict[str, str]:
    chosen = start_pages.suggestion(request.GET.get("example", ""))
    return {"requirements": chosen.text if chosen else "", "token": once.new_token()}


def _form_page(request: HttpRequest, form: BuildForm, error: AppError | None = None) -> HttpResponse:
    form.fields["model"].widget.attrs["placeholder"] = engine.model_name()
    tokens = [(each, once.new_token()) for each in start_pages.SUGGESTIONS]
    context = {"form": form, "error": error, "suggestions": tokens, "can_build": _user(request).can_build}
    return render(request, "builds/start.html", context, status=_status(form, error))


def _fork_page(request: HttpRequest, page: fork_pages.ForkPage, error: AppError | None = None) -> HttpResponse:
    page.form.fields["model"].widget.attrs["placeholder"] = engine.model_name()
    context = {"page": page, "form": page.form, "error": error, "can_build": _user(request).can_build}
    return render(request, "builds/fork.html", context, status=_status(page.form, error))


def _status(form: RequestForm, error: AppError | None) -> int:
    return error.http_status if error else 400 if form.errors else 200
