"""A whole installation around a stand-in model server: real HTTP, real sandbox, real database."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.test import override_settings

from agentsite.accounts.models import User
from builds import runner, services
from builds.models.build import Build
from builds.runner import Engines
from tests.stand_ins import scripts
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.remembering import remembering
from tests.stand_ins.replies import Json, Reply


@contextmanager
def model_server(
    script: "Mapping[str, tuple[Reply, ...]] | Callable[[Json], Reply]", *, provider: str = "openai"
) -> Iterator[ModelServer]:
    """Connect builds to a stand-in that answers from a script."""
    with ModelServer(script) as server:
        changed: dict[str, Any] = {
            "AGENT_MODEL": f"{provider}:stand-in",
            "OLLAMA_BASE_URL": server.url,
            "OPENAI_BASE_URL": server.openai_url,
            "OPENAI_API_KEY": "sk-stand-in-0123456789",
        }
        with override_settings(**changed):
            yield server


def submitted(user: User, requirements: str = scripts.SLUGIFY_REQUEST, **changes: Any) -> Build:
    """Submit a build."""
    return services.submit_build(user=user, project_name="slugs", requirements=requirements, **changes)


ENGINES = partial(Engines, toolchain=remembering)
"""What these worlds' workers bring along, unless a test wants another model or sandbox."""


def ended(build: Build) -> Build:
    """Run a build to its end here, and return it; a tree that was tested in this process is not tested again."""
    runner.run_next(run_id=build.run_id, engines=ENGINES())
    build.refresh_from_db()
    return build


def built(user: User, requirements: str = scripts.SLUGIFY_REQUEST, **changes: Any) -> Build:
    """Submit a build, run it to its end here, and return it."""
    return ended(submitted(user, requirements, **changes))


def forked(user: User, build: Build, requirements: str, *, attempt: int = 1, **changes: Any) -> Build:
    """Fork a build, run the fork to its end here, and return it."""
    return ended(services.fork_build(user=user, build=build, attempt=attempt, requirements=requirements, **changes))


def wait_until(is_so: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait until something is so.

    :raises TimeoutError: it never was.
    """
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)
