"""A sandbox on the machine of a sandbox-runner, so that who holds credentials needs no rights to make sandboxes."""

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from builds.agent.errors import AgentError, TransientError
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxDescription, SandboxRequest, SandboxResult
from builds.sandbox import wire
from builds.sandbox.inputs import check_files
from builds.sandbox.line import Line, NotSent

URL_VARIABLE, TOKEN_VARIABLE = "SANDBOX_URL", "SANDBOX_TOKEN"

ABOUT_SECONDS = 5.0
"""How long an answer to ``about`` is believed, and how long one is waited for."""
RETRY_SECONDS = 15.0
"""What a caller is advised to wait before he tries again."""
SLACK_SECONDS = 120.0
"""Beyond the run itself: waiting for a place, laying out the files, tidying up."""
MAX_ANSWER_BYTES = 64 << 20
MAX_SMALL_BYTES = 1 << 16
HTTP_PORT = 80
ADDRESS = re.compile(r"http://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/?")

LASTING = frozenset({"sandbox.input", "sandbox.unavailable", "sandbox.not_authorised", "sandbox.start_failed"})
TRANSIENT = frozenset({"sandbox.busy", "sandbox.lost"})
RESERVED = frozenset({"self", "code", "retry_after_seconds"})

M = TypeVar("M", bound=BaseModel)


@dataclass
class RemoteSandbox:
    """Has each command run by a sandbox-runner."""

    url: str
    token: str = field(repr=False)
    _about: tuple[float, wire.About] | None = field(default=None, init=False, repr=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def describe(self) -> SandboxDescription:
        """Say what the runner's sandbox is.

        :raises AgentError: as ``about``.
        """
        return self.about().sandbox

    def about(self) -> wire.About:
        """Return what the runner offers, not older than a few seconds.

        :raises TransientError: ``sandbox.unreachable``, ``sandbox.lost``.
        :raises AgentError: ``sandbox.unavailable``, ``sandbox.not_authorised``, ``sandbox.bad_answer``.
        """
        with self._asking:
            if self._about is None or time.monotonic() - self._about[0] > ABOUT_SECONDS:
                self._about = (time.monotonic(), self._ask_about())
            return self._about[1]

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Run one command there; when the runner is lost in the middle, so is the run: nothing replaces it here.

        :raises TransientError: ``sandbox.unreachable``, ``sandbox.lost``, ``sandbox.busy``.
        :raises AgentError: ``sandbox.input``, ``sandbox.start_failed``, ``sandbox.unavailable``,
            ``sandbox.not_authorised``, ``sandbox.bad_answer``.
        """
        check_files(request.files, request.limits)
        body = wire.RunRequest(**dict(request), is_watched=on_output is not None).model_dump_json().encode()
        if len(body) > wire.MAX_REQUEST_BYTES:
            raise AgentError("sandbox.input", rule="request_too_large", limit=wire.MAX_REQUEST_BYTES)
        with self._line(is_cancelled, request.limits.wall_seconds + SLACK_SECONDS) as line:
            try:
                answer = self._ask(line, "POST", wire.RUNS_PATH, body)
            except NotSent:
                return SandboxResult(outcome="cancelled", exit_code=None, stdout=b"", stderr=b"", duration_seconds=0.0)
            result = _result_in(answer, on_output)
            if result.outcome == "cancelled" and not line.has_hung_up:
                raise _passing("sandbox.lost")
        return SandboxResult(**dict(result))

    def _ask_about(self) -> wire.About:
        with self._line(lambda: False, ABOUT_SECONDS) as line:
            answer = self._ask(line, "GET", wire.ABOUT_PATH)
            with _told_in_codes():
                text = answer.read(MAX_SMALL_BYTES)
        return _read(wire.About, text)

    def _ask(self, line: Line, method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
        """Return the head of a good answer; a bad one is raised as what it says."""
        with _told_in_codes():
            answer = line.ask(method, path, token=self.token, body=body)
            text = b"" if answer.status == HTTPStatus.OK else answer.read(MAX_SMALL_BYTES)
        if answer.status != HTTPStatus.OK:
            raise _error(_read(wire.Line, text).error)
        return answer

    def _line(self, is_cancelled: IsCancelled, seconds: float) -> Line:
        try:
            parts = urlsplit(self.url)
            return Line((parts.hostname or "", parts.port or HTTP_PORT), is_cancelled=is_cancelled, seconds=seconds)
        except (OSError, ValueError) as error:
            raise _passing("sandbox.unreachable", reason=type(error).__name__) from error


def _result_in(answer: http.client.HTTPResponse, on_output: Callable[[bytes], None] | None) -> wire.RunResult:
    """Read to the end and pass on what comes before it."""
    for line in _lines(answer):
        if line.result is not None:
            return line.result
        if line.output is None:
            raise _error(line.error)
        if on_output is not None:
            on_output(line.output)
    raise _passing("sandbox.lost")


def _lines(answer: http.client.HTTPResponse) -> Iterator[wire.Line]:
    """Read line by line; the other side may not fill this one's memory."""
    left = MAX_ANSWER_BYTES
    while True:
        with _told_in_codes():
            text = answer.readline(left)
        left -= len(text)
        if not text:
            return
        if not text.endswith(b"\n"):  # cut off, or longer than all may be
            raise (_passing("sandbox.lost") if left else AgentError("sandbox.bad_answer"))
        if text.strip():
            yield _read(wire.Line, text)


def _read(kind: type[M], text: bytes) -> M:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise AgentError("sandbox.bad_answer") from error


def _error(trouble: wire.Trouble | None) -> AgentError:
    """Believe only codes that a sandbox can end with."""
    if trouble is None or trouble.code not in TRANSIENT | LASTING:
        return AgentError("sandbox.bad_answer")
    details = {name: value for name, value in trouble.details.items() if name not in RESERVED}
    return _passing(trouble.code, **details) if trouble.code in TRANSIENT else AgentError(trouble.code, **details)


def _passing(code: str, **details: Any) -> TransientError:
    return TransientError(code, retry_after_seconds=RETRY_SECONDS, **details)


@contextmanager
def _told_in_codes() -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise _passing("sandbox.lost") from error
    except http.client.HTTPException as error:
        raise AgentError("sandbox.bad_answer") from error


def connected_sandbox(url: str) -> RemoteSandbox:
    """Return the sandbox behind an address, once it has said that it works; the token comes from the environment.

    :raises AgentError: as ``RemoteSandbox.about``.
    """
    if not ADDRESS.fullmatch(url):
        raise AgentError("sandbox.unavailable", advice="setting.wrong", command=f"{URL_VARIABLE}=http://host:port")
    token = wire.configured(TOKEN_VARIABLE)
    if not wire.TOKEN.fullmatch(token):
        raise AgentError("sandbox.not_authorised")
    sandbox = _sandbox_at(url, token)
    sandbox.about()
    return sandbox


@cache
def _sandbox_at(url: str, token: str) -> RemoteSandbox:
    return RemoteSandbox(url, token)
