"""Insertions that wait for the next statement: in order, for whom they are, and whole or not at all."""

import uuid
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from agentsite.common.acting import PERSON, Actor, acting, as_server
from agentsite.common.batched import batched
from agentsite.common.insertion import insert
from agentsite.common.prepared import Prepared
from builds.models.run import Run, RunEvent, RunKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def run_of(user: User) -> Run:
    return Run(kind=RunKind.BUILD, user=user)


def event_of(run: Run, seq: int, text: str = "") -> RunEvent:
    return RunEvent(run=run, seq=seq, kind="build.submitted", payload={"said": text})


def together(store: Callable[[], object]) -> None:
    with transaction.atomic(), batched():
        store()


WHO = "SELECT current_user || ' ' || coalesce(current_setting('agentsite.user_id', true), '')"
WHO_WAITED = Prepared(WHO, "somebody")


def asked_by_whom() -> str:
    with connection.cursor() as cursor:
        cursor.execute(WHO)
        return str(cursor.fetchone()[0])


def noted_in(said: list[str]) -> None:
    """Let a statement wait that notes for whom it was."""
    WHO_WAITED.send(connection, [], lambda cursor: said.append(cursor.fetchone()[0]))


def end_wrongly(store: Callable[[], object]) -> None:
    """Do something in a savepoint that is taken back."""
    with pytest.raises(ValueError, match="garbage"):
        transaction.atomic(lambda: (store(), int("garbage")))()


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


@pytest.mark.parametrize("prepares", [True, False])
@pytest.mark.parametrize("around", [transaction.atomic, nullcontext])
def test_each_is_for_whom_it_was_made_and_so_is_what_follows(
    owner: User, settings: Any, around: Callable[[], Any], *, prepares: bool
) -> None:
    settings.DB_PREPARE = prepares
    name, said = connection.settings_dict["NAME"], list[str]()
    login = f"{connection.settings_dict['USER']} "
    with around(), batched():
        noted_in(said)
        with acting(Actor(PERSON, owner.pk)):
            noted_in(said)
            with as_server():
                noted_in(said)
            noted_in(said)
            noted_in(said)
        noted_in(said)
        with as_server():
            noted_in(said)
        said.append(asked_by_whom())
    person, server = f"{name}_web {owner.pk}", f"{name}_service "
    assert said == [login, person, server, person, person, login, server, login]


def test_who_was_named_in_what_was_taken_back_or_dropped_is_not_taken_for_the_one_who_asks(owner: User) -> None:
    nobody = asked_by_whom()
    for block in (nullcontext, batched):
        with transaction.atomic():
            with acting(Actor(PERSON, owner.pk)):
                asked_by_whom()
            with block():
                end_wrongly(asked_by_whom)
                end_wrongly(lambda: insert(run_of(owner)))
            assert asked_by_whom() == nobody


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
    for wrong in (event_of(run, 1), event_of(run, 0), event_of(Run(id=uuid.uuid4()), 1)):
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
        end_wrongly(lambda: insert(run_of(owner)))
        end_wrongly(lambda: insert(event_of(kept, 0)))  # which the database would refuse
        again = insert(run_of(owner))
    assert (set(Run.objects.all()), RunEvent.objects.count()) == ({kept, again}, 0)


def test_a_transaction_begins_around_a_batch_not_within(owner: User) -> None:
    with pytest.raises(RuntimeError, match="around"), batched(), transaction.atomic():
        insert(run_of(owner))
    assert Run.objects.count() == 0


def test_a_value_that_cannot_be_sent_is_refused_as_by_the_database(owner: User) -> None:
    strange = event_of(insert(run_of(owner)), 1)
    strange.node = "a\0b"
    with pytest.raises(DatabaseError):
        together(lambda: insert(strange))
    with acting(Actor(PERSON, owner.pk)), pytest.raises(DatabaseError):
        RunEvent.objects.filter(node=strange.node).first()


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
