"""Queries whose SQL is written once tell what they would tell if it were written each time."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from agentsite.common.compiled import Compiled, Given
from agentsite.common.insertion import insert
from builds import selectors
from builds.models.build import Build
from builds.models.run import Run, RunEvent, RunKind
from builds.states import State
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


@pytest.fixture
def people() -> list[User]:
    return [User.objects.create_user(name) for name in ("ada", "grace")]


def test_each_asking_has_its_own_values(people: list[User]) -> None:
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username")))
    assert [of.rows(username=person.username) for person in people] == [[person] for person in people]
    assert of.rows(username="nobody") == []


def test_a_value_stays_a_value(people: list[User]) -> None:
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username")))
    assert of.rows(username="' OR 1=1 --") == []


def test_a_value_that_is_missing_is_an_error_and_not_everybody(people: list[User]) -> None:
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username")))
    of.rows(username="ada")
    with pytest.raises(KeyError):
        of.rows()


def test_sums_and_joins_come_as_the_query_gives_them(people: list[User]) -> None:
    builds = [factories.completed(person) for person in people]
    earlier = Build.objects.filter(id__lt=Given(Build, "id"))
    one = Build.objects.select_related("run").filter(id=Given(Build, "id"))
    of = Compiled(lambda: one.annotate(is_first=~Exists(earlier)))
    for build in builds:
        with CaptureQueriesContext(connection) as asked:
            (found,) = of.rows(id=build.id)
            assert (found, found.run.state) == (build, State.COMPLETED)
        assert len(asked) == 1
        assert vars(found)["is_first"] is (build == builds[0])
    names = Compiled(
        lambda: Build.objects.filter(user_id=Given(Build, "user")).values_list("user__username", flat=True)
    )
    assert [names.rows(user=person.pk) for person in people] == [["ada"], ["grace"]]


def test_a_build_is_found_by_whose_it_is_and_by_operators_alone(people: list[User]) -> None:
    ada, grace = people
    operator = User.objects.create_superuser("root")
    build = factories.completed(ada)
    for joined in (selectors.ALONE, selectors.WITH_ITS_PAGE, ()):
        assert selectors.find_build(ada, build.id, joined) == build
        assert selectors.find_build(operator, build.id, joined) == build
        assert selectors.find_build(grace, build.id, joined) is None
    assert selectors.find_build(ada, uuid.uuid4()) is None


def test_a_list_begins_as_the_query_of_the_list_does(people: list[User]) -> None:
    ada, grace = people
    made = [factories.completed(person) for person in (ada, grace, ada)]
    for person in people:
        usual = list(selectors.visible_builds(person)[:2])
        with CaptureQueriesContext(connection) as asked:
            newest = selectors.newest_builds(person, 2)
            assert [(build.id, build.user.username) for build in newest] == [(b.id, b.user.username) for b in usual]
        assert len(asked) == 1
    assert len(made) == 3


@pytest.mark.django_db(transaction=True)
def test_threads_ask_by_their_own_connections(people: list[User]) -> None:
    of = Compiled(lambda: User.objects.filter(username=Given(User, "username")))

    def ask(person: User) -> list[User]:
        try:
            return of.rows(username=person.username)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, people * 8)) == [[person] for person in people * 8]


def test_a_row_is_stored_as_saving_stores_it(people: list[User]) -> None:
    ada, _grace = people
    saved, inserted = (Run(kind=RunKind.BUILD, user=ada, last_seq=1) for _ in range(2))
    saved.save(force_insert=True)
    with CaptureQueriesContext(connection) as asked:
        assert insert(inserted) is inserted
    assert len(asked) == 1
    own = {"id", "created_at", "updated_at"}
    stored = [Run.objects.filter(pk=run.pk).values().get() for run in (saved, inserted)]
    assert [{name: value for name, value in row.items() if name not in own} for row in stored] == [
        {name: getattr(saved, name) for name in stored[0] if name not in own}
    ] * 2
    assert (inserted.trace_parent, inserted._state.adding) == ("", False)
    inserted.priority = 3
    inserted.save()
    assert Run.objects.get(pk=inserted.pk).priority == 3


def test_whatever_is_unusual_in_a_row_is_stored_however_many_kinds_there_are(people: list[User]) -> None:
    ada, _grace = people
    unusual: dict[str, Any] = {
        "lease_owner": "50% %s '",
        "fence": 7,
        "worked_seconds": 0.5,
        "graph_state": {"Ж": ["%", None]},
        "state": State.WAITING,
        "next_attempt_at": datetime(2026, 11, 30, tzinfo=UTC),
    }
    for size in range(4):
        for names in combinations(unusual, size):
            wanted = {name: unusual[name] for name in names}
            stored = Run.objects.get(pk=insert(Run(kind=RunKind.BUILD, user=ada, **wanted)).pk)
            plain = Run(kind=RunKind.BUILD, user=ada)
            assert {name: getattr(stored, name) for name in unusual} == {
                name: wanted.get(name, getattr(plain, name)) for name in unusual
            }


def test_a_row_gets_the_key_that_the_database_gives(people: list[User]) -> None:
    run = factories.completed(people[0]).run
    made = [insert(RunEvent(run=run, seq=seq, kind="note", payload={"Ж": [seq]})) for seq in (901, 902)]
    assert list(RunEvent.objects.filter(seq__gt=900).order_by("id").values_list("id", "payload")) == [
        (row.id, row.payload) for row in made
    ]


def test_a_row_that_must_not_be_there_is_refused(people: list[User]) -> None:
    run = factories.completed(people[0]).run
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(RunEvent(run=run, seq=1, kind="note"))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 30, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_a_moment_is_read_as_it_was_stored(people: list[User], moment: datetime) -> None:
    User.objects.update(date_joined=moment)
    read = User.objects.values_list("date_joined", flat=True).first()
    assert read is not None
    assert (read, read.tzinfo) == (moment, UTC)
