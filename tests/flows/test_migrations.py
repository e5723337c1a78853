"""Every migration of ours runs back and forward on whichever engine is given, and builds live through it."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from agentsite.accounts.models import User
from builds import services
from builds.models.build import Build

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
LOADED = MigrationLoader(None)
ROOMS = {"agentsite", "builds", "memory", "telegram_link", "audit"}
OURS = sorted(key for key, one in LOADED.graph.nodes.items() if one.__module__.partition(".")[0] in ROOMS)
FIRST = [key for key in OURS if LOADED.disk_migrations[key].initial]
LATER = [key for key in OURS if not LOADED.disk_migrations[key].initial]
IN_GATE = {"builds", "telegram_link"}
"""Taking these out takes most others with it, or none."""
NEWEST = dict(LATER)
"""Of each app the last one: taking back an earlier one takes those after it back as well."""


@pytest.fixture(autouse=True)
def _whole_again() -> Iterator[None]:
    yield
    forward()


def forward() -> None:
    call_command("migrate", verbosity=0)


def back_before(app: str, name: str) -> None:
    """Take a migration back, and with it whatever builds upon it."""
    earlier = [before for owner, before in LOADED.disk_migrations[app, name].dependencies if owner == app]
    call_command("migrate", app, earlier[0] if earlier else "zero", verbosity=0)


def shape() -> dict[str, object]:
    """Describe every table: columns with types, and what the database makes sure of."""
    look = connection.introspection
    with connection.cursor() as cursor:
        return {
            table: (
                sorted((str(column.name), column.null_ok) for column in look.get_table_description(cursor, table)),
                sorted(look.get_constraints(cursor, table)),
            )
            for table in look.table_names(cursor)
        }


def assert_runs_back_and_forward(app: str, name: str) -> None:
    before = shape()
    back_before(app, name)
    assert (app, name) not in MigrationRecorder(connection).applied_migrations()
    forward()
    assert shape() == before


@pytest.mark.parametrize(
    ("app", "name"),
    [
        pytest.param(app, name, marks=() if app in IN_GATE else pytest.mark.thorough, id=f"{app}-{name}")
        for app, name in FIRST
    ],
)
def test_an_app_can_be_taken_out_and_put_in_again(app: str, name: str) -> None:
    assert_runs_back_and_forward(app, name)


@pytest.mark.parametrize(
    ("app", "name"),
    [
        pytest.param(app, name, marks=() if NEWEST[app] == name else pytest.mark.thorough, id=f"{app}-{name}")
        for app, name in LATER
    ],
)
def test_builds_live_through_going_back_and_forward(app: str, name: str, owner: User) -> None:
    build = services.submit_build(user=owner, project_name="Roman", requirements="Roman numerals")
    assert_runs_back_and_forward(app, name)
    assert Build.objects.get(id=build.id).requirements == "Roman numerals"


@pytest.mark.thorough
def test_an_installation_that_went_the_long_way_has_the_same_shape() -> None:
    before = shape()
    for app, name in FIRST:
        back_before(app, name)
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    graph = executor.loader.graph
    executor.migrate([key for key in graph.leaf_nodes() if not graph.nodes[key].replaces])
    assert shape() == before
    forward()
    assert set(OURS) <= set(MigrationRecorder(connection).applied_migrations())
