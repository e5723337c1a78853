"""Insertions that wait for the next statement: in order, for whom they are, and whole or not at all."""

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from agentsite.common.acting import PERSON, Actor, acting, as_server
from agentsite.common.batched import batched
from agentsite.common.insertion import insert
from builds.models.run import Run, RunEvent, RunKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def run_of(user: User) -> Run:
    return Run(kind=RunKind.BUILD, user=user)


def event_of(run: Run, seq: int, text: str = "") -> RunEvent:
    return RunEvent(run=run, seq=seq, kind="build.submitted", payload={"said": text})


def together(store: Callable[[], object]) -> None:
    with transaction.atomic(), batched():
        store()


def asked_by_whom() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user || ' ' || current_setting('agentsite.user_id', true)")
        return str(cursor.fetchone()[0])


def test_they_go_out_with_the_next_statement_in_one_message(owner: User) -> None:
    with CaptureQueriesContext(connection) as sent, transaction.atomic(), batched():
        run = insert(run_of(owner))
        first, second = insert(event_of(run, 1)), insert(event_of(run, 2))
        assert first.pk is None
        assert list(RunEvent.objects.filter(run=run).order_by("seq")) == [first, second]
        assert 0 < first.pk < second.pk
    assert len([query for query in sent if query["sql"] not in {"BEGIN", "COMMIT"}]) == 1


def test_what_still_waits_at_the_end_goes_out_there(owner: User) -> None:
    with transaction.atomic():
        with batched():
            event = insert(event_of(insert(run_of(owner)), 1))
        assert event.pk is not None
    assert RunEvent.objects.get() == event


def test_each_is_for_whom_it_was_made_and_so_is_what_follows(owner: User) -> None:
    who = Actor(PERSON, owner.pk)
    with acting(who):
        alone = asked_by_whom()
        with transaction.atomic(), batched():
            run = insert(run_of(owner))
            with as_server():
                insert(event_of(run, 1))
            insert(event_of(run, 2))
            assert asked_by_whom() == alone
    with transaction.atomic(), batched():
        with acting(who):
            insert(event_of(run, 3))
        assert asked_by_whom() == f"{connection.settings_dict['USER']} "
    assert list(run.events.values_list("seq", flat=True)) == [1, 2, 3]


def test_nobody_stores_for_somebody_else_in_between(owner: User, stranger: User) -> None:
    def store() -> None:
        with as_server():
            insert(run_of(stranger))
        insert(run_of(stranger))

    with acting(Actor(PERSON, owner.pk)), pytest.raises(DatabaseError):
        together(store)
    assert Run.objects.count() == 0


def test_a_text_stays_as_it_is_whatever_it_holds(owner: User) -> None:
    strange = "100% %s %(name)s $1 \\ ' \" ; SELECT 1; --"
    with transaction.atomic(), batched():
        event = insert(event_of(insert(run_of(owner)), 1, strange))
        assert list(RunEvent.objects.filter(payload__said=strange)) == [event]


def test_what_the_database_has_against_one_takes_all_of_them_back(owner: User) -> None:
    run = insert(run_of(owner))
    for wrong in (event_of(run, 1), event_of(Run(id=uuid.uuid4()), 1)):
        with pytest.raises(IntegrityError):
            together(partial(list, map(insert, [event_of(run, 1), wrong])))
    assert RunEvent.objects.count() == 0


def test_what_waits_when_something_else_fails_is_dropped(owner: User) -> None:
    with pytest.raises(ValueError, match="garbage"):
        together(lambda: (insert(run_of(owner)), int("garbage")))
    assert Run.objects.count() == 0
    insert(run_of(owner))
    assert Run.objects.count() == 1


def test_a_part_that_is_taken_back_leaves_the_rest(owner: User) -> None:
    with transaction.atomic(), batched():
        kept = insert(run_of(owner))
        with pytest.raises(ValueError, match="garbage"):
            transaction.atomic(lambda: (insert(run_of(owner)), int("garbage")))()
        again = insert(run_of(owner))
    assert set(Run.objects.all()) == {kept, again}


def test_without_an_open_transaction_what_goes_out_together_is_one(owner: User) -> None:
    def store(*, user_id: int) -> None:
        with batched():
            run = insert(run_of(owner))
            insert(event_of(run, 1))
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / (SELECT count(*) FROM accounts_user WHERE id = %s)", [user_id])

    with pytest.raises(DatabaseError):
        store(user_id=0)
    assert (Run.objects.count(), RunEvent.objects.count()) == (0, 0)
    store(user_id=owner.pk)
    assert (Run.objects.count(), RunEvent.objects.count()) == (1, 1)
