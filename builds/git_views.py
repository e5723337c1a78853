"""Repositories of targets over HTTP, to be read: ``git clone`` with an API key as password, or with a session."""

import base64
import binascii

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from agentsite.accounts import keys, quota
from agentsite.accounts.actors import actor_of
from agentsite.accounts.models import Scope, User
from agentsite.common import acting, logs
from builds import failures
from builds.agent.errors import AgentError
from builds.deployments import cloning, serving
from builds.deployments.repository import folder_of
from builds.models.deployment import DeploymentTarget
from builds.runs.journal import hand_connection_back

_UPLOAD = "git-upload-pack"


@never_cache
@require_http_methods(["GET", "HEAD"])
def refs(request: HttpRequest, repository: str) -> HttpResponse | StreamingHttpResponse:
    """Tell the branches of a repository to who may read it."""
    if request.GET.get("service") != _UPLOAD:
        return _read_only()
    found = _found(request, repository)
    return found if isinstance(found, HttpResponse) else _answered(request, found, None)


@csrf_exempt  # nothing is changed; and git has no cookie
@never_cache
@require_POST
def upload(request: HttpRequest, repository: str) -> HttpResponse | StreamingHttpResponse:
    """Hand over what git asks for."""
    found = _found(request, repository)
    if isinstance(found, HttpResponse):
        return found
    try:
        given = serving.unpacked(request.body, request.headers.get("Content-Encoding", "").lower())
    except serving.BadRequest:
        return _told(_("This request is too large, or no request of git's."), 400)
    if b"want " in given:
        cloning.note_fetch(found.user, found)
    return _answered(request, found, given)


@csrf_exempt
@require_POST
def receive(_request: HttpRequest, repository: str) -> HttpResponse:  # noqa: ARG001  the address has it
    """Refuse whoever pushes."""
    return _read_only()


def _answered(
    request: HttpRequest, target: DeploymentTarget, given: bytes | None
) -> HttpResponse | StreamingHttpResponse:
    folder = folder_of(target.id)
    if not folder.is_dir():
        return _told(_("Nothing was deployed here yet."), 404)
    hand_connection_back()
    try:
        answer = serving.Serving(folder, request.headers.get("Git-Protocol", ""), given)
    except serving.Full:
        return _told(_("Too many clones at once. Try again in a moment."), 503, {"Retry-After": "2"})
    except AgentError as error:  # there is no git
        return _told(failures.message(error.code, {}), 503)
    kind = "advertisement" if given is None else "result"
    response = StreamingHttpResponse(answer.pieces(), content_type=f"application/x-{_UPLOAD}-{kind}")
    response._resource_closers.append(answer.close)  # type: ignore[attr-defined]  # noqa: SLF001  also if nobody reads
    return response


def _found(request: HttpRequest, repository: str) -> DeploymentTarget | HttpResponse:
    """Return the repository, or why not: who is nobody hears the same of every one."""
    user = _caller(request)
    if user is None:
        return _told(_("Give an API key as the password."), 401, {"WWW-Authenticate": 'Basic realm="Agentsite"'})
    allowance = quota.count_call(user)
    if allowance.is_exhausted:
        quota.note_refusal(user)
        return _told(_("Today's calls are used up."), 429, {"Retry-After": str(allowance.reset_seconds)})
    target = cloning.find(user, repository)
    return target or _told(_("There is nothing here."), 404)


def _caller(request: HttpRequest) -> User | None:
    """Return whose key was shown, or whose session it is."""
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        secret = _password(rest)
    elif scheme.lower() == "bearer":
        secret = rest.strip()
    else:
        return request.user if isinstance(request.user, User) else None
    with acting.as_server():  # whose the key is will be known by its row
        key = keys.find_key(secret)
    if key is None or not key.allows(Scope.BUILDS_READ):
        keys.note_refusal(secret)
        return None
    acting.become(actor_of(key.user))
    logs.note(user_id=key.user_id)
    return key.user


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _read_only() -> HttpResponse:
    return _told(_("This repository can only be read: it is written by deployments."), 403)


def _told(text: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
