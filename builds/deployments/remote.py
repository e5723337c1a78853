"""A branch of a repository elsewhere, reached over HTTPS: by an address that was checked, without redirects.

The credential is in no argument, address or file: git gets it as a setting in its own environment, and whatever git
says is told without it.
"""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from builds.agent.errors import AgentError, TransientError
from builds.deployments import credentials, git, targets
from builds.deployments.git import GitError
from builds.deployments.repository import Repository
from builds.models.deployment import DeploymentTarget
from builds.models.run import Run
from builds.states import FINAL
from builds.webhooks import addresses, wire
from builds.webhooks.targets import BadTarget, Target

UPSTREAM = "refs/agentsite/upstream"
_RESOLVE_SECONDS = 10.0
_PINS = (2, 37)
"""The first git that can be told a host's address."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_HARDENED = (
    "http.followRedirects=false",
    "http.proxy=",
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=20",
    "fetch.fsckObjects=true",
    "transfer.fsckObjects=true",
    "push.gpgSign=false",
    "push.followTags=false",
)
_MOVED = ("stale info", "[rejected]", "fetch first", "non-fast-forward")
_REFUSED = (
    *("Authentication failed", "could not read Username", "could not read Password", "not found", "access denied"),
    *("error: 30", "error: 400", "error: 401", "error: 403", "error: 404", "error: 405", "error: 410", "error: 413"),
    *("[remote rejected]", "hook declined", "SSL certificate", "certificate verify", "protected branch", "redirect"),
)
_SECRETIVE = re.compile(r"(?i)(authorization:\s*\S+\s+)\S+|(://)[^/@\s]+@")


class RemotePlace:
    """A branch elsewhere; commits are made in a repository here, and pushed."""

    def __init__(
        self, target: DeploymentTarget, repository: Repository, branch: str, should_stop: Callable[[], bool]
    ) -> None:
        self.repository = repository
        self._target = target
        self._branch = branch
        self._should_stop = should_stop

    def prepare(self) -> None:
        """Make the repository for commits if it is not there."""
        self.repository.prepare(self._branch)

    def head(self) -> str:
        """Return the commit at the end of the branch there, which is here afterwards."""
        sha = self._there()
        if sha:
            where = ("--git-dir", str(self.repository.folder))
            self._run(*where, "fetch", "--quiet", "--no-tags", "--depth=1", self._url, f"+{self._ref}:{UPSTREAM}")
        return sha

    def move(self, *, to: str, was: str) -> None:
        """Push, if the branch is where it is thought to be."""
        there = self._there()
        if there == to:
            return
        if there != was:
            raise AgentError("deployment.branch_moved", branch=self._branch, sha=there[:10])
        lease = f"--force-with-lease={self._ref}:{was}"
        where = ("--git-dir", str(self.repository.folder))
        self._run(*where, "push", "--quiet", "--no-verify", lease, self._url, f"{to}:{self._ref}")

    def fetch(self, where: Sequence[str], ref: str) -> None:
        """Fetch as anybody does who clones."""
        self._run(*where, "fetch", "--quiet", "--no-tags", "--depth=1", self._url, ref)

    @property
    def name(self) -> str:
        """Say where it is: the host alone."""
        return self._target.remote_url.split("/")[2]

    @property
    def _ref(self) -> str:
        return f"refs/heads/{self._branch}"

    @property
    def _url(self) -> str:
        return self._target.remote_url

    def _there(self) -> str:
        rows = self._run("ls-remote", "--quiet", self._url, self._ref).decode("utf-8", "replace").splitlines()
        found = [sha for sha, _tab, name in (row.partition("\t") for row in rows) if name == self._ref]
        return found[0] if found else ""

    def _run(self, *arguments: str) -> bytes:
        secret = credentials.unseal(self._target.credential_encrypted)
        try:
            where = targets.read_remote(self._url)
        except BadTarget:
            raise AgentError("deployment.address_refused") from None
        if git.version() < _PINS:
            raise AgentError("deployment.git_too_old")
        given = (*_HARDENED, f"protocol.{where.scheme}.allow=always", *self._pinned(where))
        try:
            return git.run(
                *arguments,
                settings=given,
                environment=_with_credential(where, self._target.username, secret),
                is_cancelled=self._should_stop,
            )
        except TimeoutError:
            raise self._away("it did not answer in time") from None
        except GitError as error:
            raise self._fault(error, secret) from None

    def _pinned(self, where: Target) -> list[str]:
        """Return the setting that lets git connect to the address that was checked, and to no other."""
        if where.is_address:  # that is the one, and it was looked at
            return []
        try:
            found = wire.resolve(where.host, where.port, _RESOLVE_SECONDS)
        except (wire.AddressUnknown, TimeoutError):
            raise self._away("its name has no address") from None
        reached = [str(each[1][0]) for each in found]
        if not where.is_allowed and not all(addresses.is_public(each) for each in reached):
            raise AgentError("deployment.address_refused")
        bracketed = [f"[{each}]" if ":" in each else each for each in dict.fromkeys(reached)]
        return [f"http.curloptResolve={where.host}:{where.port}:{','.join(bracketed)}"]

    def _fault(self, error: GitError, secret: str) -> AgentError:
        """Say whether it may pass, by what git said."""
        told = _SECRETIVE.sub(r"\1\2…@", error.told)
        told = told.replace(secret, "…") if secret else told
        lines = [line.removeprefix("fatal: ").strip() for line in told.splitlines() if line.strip()]
        reason = (lines[-1] if lines else "git ended without a word")[:200].rstrip(".")
        if any(words in error.told for words in _MOVED):
            return AgentError("deployment.branch_moved", branch=self._branch, sha="?")
        if any(words.lower() in error.told.lower() for words in _REFUSED):
            return AgentError("deployment.remote_refused", reason=reason)
        return self._away(reason)

    def _away(self, reason: str) -> AgentError:
        """Wait twice as long each time; no longer than the operator wants."""
        since = self._waiting_since()
        waited = (timezone.now() - since).total_seconds() if since else 0.0
        if waited >= settings.DEPLOYMENT_WAIT_SECONDS:
            return AgentError("deployment.remote_away", reason=reason)
        pause = min(max(_FIRST_PAUSE, waited), _LONGEST_PAUSE, settings.DEPLOYMENT_WAIT_SECONDS)
        return TransientError("deployment.remote_away", retry_after_seconds=pause, reason=reason)

    def _waiting_since(self) -> datetime | None:
        rows = Run.objects.filter(deployment__target=self._target, waiting_since__isnull=False)
        rows = rows.exclude(state__in=FINAL)  # of a target one is worked on at a time
        return rows.order_by("id").values_list("waiting_since", flat=True).first()


def _with_credential(where: Target, username: str, secret: str) -> dict[str, str]:
    """Return a setting of git's that goes by its environment: arguments can be seen by everybody on the machine."""
    if not secret:
        return {}
    shown = base64.b64encode(f"{username or 'git'}:{secret}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{where.scheme}://{where.authority}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {shown}",
    }
