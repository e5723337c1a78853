"""What every test may use: people, a worker, and a summary line for what could not be run."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from agentsite import wall
from agentsite.accounts.models import Role, User
from agentsite.accounts.runtime import reading
from agentsite.common.acting import PERSON, RETENTION, SERVICE, role_name
from builds.runs import places
from tests.flows.servers import PREPARED
from tests.flushing import let_flushes_pass

HAS_SERVICES = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def pytest_configure() -> None:
    """Make a folder for what the processes of this run share; they inherit its name."""
    if PREPARED not in os.environ:
        os.environ[PREPARED] = tempfile.mkdtemp(prefix="agentsite-prepared-")
        atexit.register(shutil.rmtree, os.environ[PREPARED], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before anything is left out by its marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason in the summary, what needs servers that were not given; mark every third of long rows."""
    for place, item in enumerate(item for item in items if item.get_closest_marker("engine_in_part")):
        if place % 3 == 0:
            item.add_marker("engine")
    for place, item in enumerate(item for item in items if item.get_closest_marker("in_part")):
        if place % 3:
            item.add_marker("thorough")
    missing = pytest.mark.skip(reason="needs PostgreSQL and Redis: set DATABASE_URL and REDIS_URL")
    for item in items:
        if item.get_closest_marker("services") and not HAS_SERVICES:
            item.add_marker(missing)


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end: all tests and all that they loaded, a twentieth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Put every request behind row-level security, where there is any; append-only tables stay so while tests run."""
    let_flushes_pass()
    with django_db_blocker.unblock():
        is_built = wall.build_wall()
    yield
    if is_built:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            for role in (PERSON, SERVICE, RETENTION):
                name = connection.ops.quote_name(role_name(connection, role))
                cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture(autouse=True)
def _settings_are_as_in_the_environment() -> None:
    """No operator has changed anything yet: known, so that no test's first question counts as one more query."""
    reading.take_as_known({}, seconds=3_600)


@pytest.fixture(autouse=True)
def _nothing_is_known_of_earlier_runs() -> None:
    places.forget()


@pytest.fixture(autouse=True)
def _quiet_model(settings: Any) -> None:
    settings.AGENT_MODEL = "cookbook:recipes"


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner", password="password")


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("stranger", password="password")


@pytest.fixture
def viewer(db: None) -> User:
    return User.objects.create_user("viewer", password="password", role=Role.VIEWER)


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator", password="password")
