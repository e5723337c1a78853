"""What PostgreSQL planned once for a connection hides the same, fails the same and can be done without."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from agentsite.common.acting import NOBODY, PERSON, Actor, acting, as_server
from agentsite.common.compiled import Compiled, Given
from agentsite.common.insertion import insert
from agentsite.common.prepared import Prepared
from builds.models.build import Build
from builds.models.run import Run, RunKind
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def test_one_plan_shows_everybody_what_is_theirs(owner: User, stranger: User) -> None:
    builds = {user.pk: factories.completed(user) for user in (owner, stranger)}
    of = Compiled(lambda: Build.objects.filter(language=Given(Build, "language")).order_by("id"))

    def everything() -> list[Build]:
        return of.rows(language="python")

    for _ in range(8):  # PostgreSQL keeps to one plan after the fifth time
        for user_id, build in builds.items():
            with acting(Actor(PERSON, user_id)):
                assert everything() == [build]
        with acting(NOBODY):
            assert everything() == []
        with as_server():
            assert everything() == list(builds.values())
        assert everything() == list(builds.values())


def test_nobody_stores_for_somebody_else(owner: User, stranger: User) -> None:
    with acting(Actor(PERSON, owner.pk)):
        insert(Run(kind=RunKind.BUILD, user=owner))
        with pytest.raises(DatabaseError):
            insert(Run(kind=RunKind.BUILD, user=stranger))
    assert Run.objects.filter(user=stranger).count() == 0


def test_what_was_prepared_outlives_a_rollback_and_not_its_connection(owner: User) -> None:
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username")))
    with transaction.atomic():
        assert of.rows(username="owner") == [owner]
        transaction.set_rollback(True)
    assert of.rows(username="owner") == [owner]
    connection.close()
    assert of.rows(username="owner") == [owner]


def test_a_statement_that_cannot_be_planned_fails_as_any_other() -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            Prepared("SELECT %s FROM there_is_no_such_table", "nothing").execute(cursor, [1])


def test_what_is_the_same_each_time_stays_what_it_is(owner: User) -> None:
    strange = "50% of '%secret%' \\ \"%s\" $1"
    User.objects.filter(pk=owner.pk).update(first_name=strange)
    of = Compiled(lambda: User.objects.filter(first_name=strange, username=Given(User, "username")))
    assert of.rows(username="owner") == [owner]
    assert of.rows(username="%s") == []


@pytest.mark.parametrize("prepares", [True, False])
def test_it_can_be_switched_off(owner: User, settings: Any, prepares: bool) -> None:  # noqa: FBT001  pytest's way
    settings.DB_PREPARE = prepares
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username"), is_active=True))
    with CaptureQueriesContext(connection) as asked:
        assert of.rows(username="owner") == [owner]
    assert [("EXECUTE" in query["sql"]) for query in asked] == [prepares]
