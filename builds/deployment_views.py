"""The pages about deployments. Each view calls one service."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentsite.common.errors import AppError
from builds import selectors as builds
from builds.deployments import cloning, selectors, services, targets
from builds.deployments.forms import DeployForm, TargetChangesForm, TargetForm
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentTarget
from builds.pages import deployments as pages
from builds.pages import once
from memory.views import attempted, status_of, user_of

OfDeployment = Callable[[HttpRequest, Deployment], HttpResponse]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deployments(request: HttpRequest) -> HttpResponse:
    """List targets and what was deployed, and make a target."""
    if request.method != "POST":
        return _list_page(request, TargetForm())
    form = TargetForm(request.POST)
    made: list[DeploymentTarget] = []
    error = attempted(form, lambda: made.append(targets.create_target(user=user_of(request), **form.wanted())))
    if not made:
        return _list_page(request, form, error)
    messages.success(request, _("The target “%(name)s” is made.") % {"name": made[0].name})
    return redirect(made[0])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def target(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Show a target with its history, and change it."""
    found = _target(request, target_id)
    if request.method != "POST":
        return _target_page(request, found, TargetChangesForm(initial=_initial(found), target=found))
    form = TargetChangesForm(request.POST, target=found)
    error = attempted(form, lambda: targets.change_target(user=user_of(request), target=found, **form.wanted()))
    if form.errors or error:
        return _target_page(request, found, form, error)
    messages.success(request, _("The target is changed."))
    return redirect(found)


@login_required
@require_POST
def delete_target(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Delete a target with its history and its repository here."""
    found = _target(request, target_id)
    try:
        targets.delete_target(user=user_of(request), target=found)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect(found)
    messages.success(request, _("The target “%(name)s” is deleted.") % {"name": found.name})
    return redirect("builds:deployments")


def _of_deployment(act: OfDeployment) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Find a deployment that is one's own; a refusal is told on its page."""

    @wraps(act)
    def view(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
        found = selectors.find_deployment(user_of(request), deployment_id)
        if found is None:
            raise Http404
        try:
            return act(request, found)
        except AppError as error:
            messages.error(request, f"{error.message} {error.hint}")
            return redirect(found)

    return login_required(view)


@require_safe
@cache_control(private=True, no_cache=True)
@_of_deployment
def deployment(request: HttpRequest, found: Deployment) -> HttpResponse:
    """Show a deployment; while it runs, the page looks again by itself."""
    return render(request, "builds/deployment.html", _context(pages.deployment_page(found)))


@require_safe
@cache_control(private=True, no_store=True)
@_of_deployment
def deployment_panel(request: HttpRequest, found: Deployment) -> HttpResponse:
    """Answer with the part of the page that changes."""
    return render(request, "builds/_deployment.html", _context(pages.deployment_page(found, with_changes=False)))


@require_POST
@_of_deployment
def cancel_deployment(request: HttpRequest, found: Deployment) -> HttpResponse:
    """Ask a deployment to stop."""
    stopped = services.cancel(user=user_of(request), deployment=found)
    ended = _("The deployment was cancelled.") if stopped.is_ended else _("The deployment is being stopped.")
    messages.success(request, ended)
    return redirect(found)


@require_POST
@_of_deployment
def retry_deployment(request: HttpRequest, found: Deployment) -> HttpResponse:
    """Have the same thing deployed again; the same form sent twice leads to the same deployment."""
    made = once.take_in(request, lambda: services.retry(user=user_of(request), deployment=found))
    return _to_deployment(made)


@require_POST
@_of_deployment
def roll_back(request: HttpRequest, found: Deployment) -> HttpResponse:
    """Have the branch go back to a deployment."""
    made = once.take_in(request, lambda: services.roll_back(user=user_of(request), target=found.target, to=found))
    return _to_deployment(made)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deploy(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Ask where a build shall go, and have it deployed; the same form sent twice leads to the same deployment."""
    build = builds.find_build(user_of(request), build_id)
    if build is None:
        raise Http404
    if build.user_id != request.user.pk:
        raise PermissionDenied
    open_targets = selectors.open_targets_of(user_of(request))
    form = DeployForm(request.POST if request.method == "POST" else None, open_targets=open_targets)
    if request.method != "POST" or not form.is_valid():
        return _deploy_page(request, build, form)
    to = form.cleaned_data["target"]
    try:
        made = once.take_in(request, lambda: services.deploy(user=user_of(request), build=build, target=to))
    except AppError as error:
        form.take_errors(error)
        return _deploy_page(request, build, form, error)
    return _to_deployment(made)


def _list_page(request: HttpRequest, form: TargetForm, error: AppError | None = None) -> HttpResponse:
    user = user_of(request)
    context = {
        "form": form,
        "error": error,
        "targets": selectors.targets_of(user),
        "history": pages.history(selectors.deployments_of(user), request.GET.dict()),
        "can_build": user.can_build,
    }
    return render(request, "builds/deployments.html", context, status=status_of(form, error))


def _target_page(
    request: HttpRequest, found: DeploymentTarget, form: TargetChangesForm, error: AppError | None = None
) -> HttpResponse:
    path = cloning.clone_path(found)
    context = {
        "target": found,
        "form": form,
        "error": error,
        "clone_url": request.build_absolute_uri(path) if path else "",
        "history": pages.history_of(found, request.GET.dict()),
        "token": once.new_token(),
    }
    return render(request, "builds/deployment_target.html", context, status=status_of(form, error))


def _deploy_page(request: HttpRequest, build: Build, form: DeployForm, error: AppError | None = None) -> HttpResponse:
    context = {
        "build": build,
        "form": form,
        "error": error,
        "can_deploy": selectors.can_be_deployed(build),
        "has_targets": selectors.open_targets_of(user_of(request)).exists(),
        "token": once.new_token(),
    }
    return render(request, "builds/deploy.html", context, status=status_of(form, error))


def _context(page: pages.DeploymentPage) -> dict[str, object]:
    return {"page": page, "deployment": page.deployment, "token": once.new_token()}


def _initial(found: DeploymentTarget) -> dict[str, object]:
    about = {name: getattr(found, name) for name in ("name", "remote_url", "username")}
    return about | {"is_archived": found.archived_at is not None}


def _target(request: HttpRequest, target_id: UUID) -> DeploymentTarget:
    found = selectors.find_target(user_of(request), target_id)
    if found is None:
        raise Http404
    return found


def _to_deployment(made: UUID | None) -> HttpResponse:
    return redirect("builds:deployment", deployment_id=made) if made else redirect("builds:deployments")
