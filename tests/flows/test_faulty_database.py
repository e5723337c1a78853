"""A database that answers, but refuses one thing each time: no endless loop, and no endless bill."""

from collections.abc import Iterator

import pytest
from django.db import connection

from agentsite.accounts.models import User
from builds import runner, services, sweeper
from builds.agent.scripted.model import ScriptedModel
from builds.models.run import Effect
from builds.runs.claim import MAX_ATTEMPTS
from builds.states import State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
TABLE = Effect._meta.db_table
SQLITE = f"""CREATE TRIGGER refuse BEFORE INSERT ON {TABLE} WHEN NEW.kind = 'model'
    BEGIN SELECT RAISE(ABORT, 'refused'); END"""
POSTGRESQL = f"""
    CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE integrity_constraint_violation; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER refuse BEFORE INSERT ON {TABLE} FOR EACH ROW WHEN (NEW.kind = 'model') EXECUTE FUNCTION refuse()"""


@pytest.fixture
def _refuses_answers() -> Iterator[None]:
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL if is_postgresql else SQLITE)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER refuse ON {TABLE}" if is_postgresql else "DROP TRIGGER refuse")
        if is_postgresql:
            cursor.execute("DROP FUNCTION refuse")


@pytest.mark.usefixtures("_refuses_answers")
def test_an_answer_that_cannot_be_stored_is_paid_for_a_few_times_and_no_more(owner: User) -> None:
    build = services.submit_build(user=owner, project_name="Roman", requirements="Anything at all")
    model = ScriptedModel(lambda _request: "{}")
    for _ in range(2 * MAX_ATTEMPTS):
        runner.run_next(engines=runner.Engines(model=lambda _name: model))
        sweeper.sweep()
    build.refresh_from_db()
    assert (build.status, build.error_code) == (State.FAILED, "build.worn_out")
    assert 0 < len(model.requests) <= 1 + MAX_ATTEMPTS  # the first attempt stored that it had begun
