"""Row-level security: what one person owns is nobody else's, even to a statement that asks for everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import ForeignKey

from agentsite import wall
from agentsite.accounts import closing
from agentsite.accounts.models import User
from agentsite.common.acting import PERSON, SERVICE, Actor, acting, as_server, role_name
from audit.models import AuditLog
from builds import removal, services, sharing, tickets
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Effect, Run, RunEvent
from builds.models.share import BuildShare
from tests import factories
from tests.access.callers import World, world

pytestmark = [pytest.mark.django_db, pytest.mark.services]
OPEN_TABLES = {
    "accounts_user": "a login has to find it before anybody is known",
    "accounts_invitation": "whoever accepts one is not known yet",
    "account_emailaddress": "the library finds people by them before they are known",
    "mfa_authenticator": "the library asks for it in the middle of a login",
    "usersessions_usersession": "written while somebody logs in",
    "django_admin_log": "the console's, which only operators reach",
    "accounts_user_groups": "Django's, unused",
    "accounts_user_user_permissions": "Django's, unused",
}


@pytest.fixture
def made() -> World:
    return world(is_running=False)


@contextmanager
def role_of(name: str, user_id: int | None = None) -> Iterator[Any]:
    """Give a cursor for raw SQL under one of the application's roles."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true)", [role_name(connection, name)])
        cursor.execute("SELECT set_config('agentsite.user_id', %s, true)", ["" if user_id is None else str(user_id)])
        yield cursor
        cursor.execute("RESET ROLE")


def rows(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  one of the names below
    return int(cursor.fetchone()[0])


GUARDED = (
    *("builds_build", "builds_run", "builds_runevent", "builds_buildfile", "builds_evidence", "builds_codeanalysis"),
    *("builds_buildshare", "accounts_apikey", "accounts_dailyusage"),
    *("memory_memory", "memory_fact", "memory_stat", "memory_conversation", "memory_message"),
    *("memory_attachment", "memory_attachmentcontent"),
    "memory_messageartifact",
    "memory_exclusion",
    "builds_job",
    "builds_approval",
    "builds_deploymenttarget",
    "builds_deployment",
)


@pytest.mark.parametrize("table", GUARDED)
def test_raw_sql_sees_ones_own_rows_and_nothing_of_others(made: World, stranger: User, table: str) -> None:
    with role_of(PERSON, made.owner.pk) as cursor:
        assert rows(cursor, table) > 0
    with role_of(PERSON, stranger.pk) as cursor:
        assert rows(cursor, table) == 0
    with role_of(PERSON) as cursor:
        assert rows(cursor, table) == 0
    with role_of(SERVICE) as cursor:
        assert rows(cursor, table) > 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE builds_build SET project_name = 'mine now'",
        "UPDATE builds_run SET cancel_requested_at = now()",
        "UPDATE accounts_apikey SET scopes = '[]'",
        "DELETE FROM builds_buildshare",
        "DELETE FROM builds_runevent",
        "UPDATE memory_memory SET is_proposed = false",
        "DELETE FROM memory_message",
        "UPDATE memory_messageartifact SET uri = 'mine now'",
        "UPDATE builds_approval SET proposal_text = 'mine now'",
        "DELETE FROM builds_job",
        "SELECT 1 FROM builds_build FOR UPDATE",
    ],
)
def test_raw_sql_changes_nothing_of_others(made: World, stranger: User, statement: str) -> None:
    with role_of(PERSON, stranger.pk) as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 0
    made.build.refresh_from_db()
    assert made.build.project_name != "mine now"


def test_raw_sql_writes_nothing_in_the_name_of_others(made: World, stranger: User) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), role_of(PERSON, stranger.pk) as cursor:
        cursor.execute(
            "INSERT INTO builds_tokenusage (user_id, scope, purpose, prompt_version, provider, model, tokens_input,"
            " tokens_output, tokens_total, is_estimated, has_price, cost_usd, call_key, created_at)"
            " VALUES (%s, 'reactive', '', '', 'p', 'm', 1, 1, 2, false, true, 9, 'k', now())",
            [made.owner.pk],
        )


def test_raw_sql_gives_nothing_of_ones_own_to_others(made: World, stranger: User) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), role_of(PERSON, made.owner.pk) as cursor:
        cursor.execute("UPDATE builds_build SET user_id = %s", [stranger.pk])


def test_what_is_shared_is_read_and_not_written(made: World) -> None:
    reader = User.objects.get(username="reader")
    with acting(Actor(PERSON, reader.pk)):
        assert Build.objects.get() == made.build
        assert Run.objects.get().id == made.build.run_id
        assert RunEvent.objects.exists()
        assert BuildFile.objects.exists()
        assert not Effect.objects.exists()
        assert not Build.objects.update(project_name="changed")
        assert not BuildShare.objects.filter(user__isnull=True).exists()
    with acting(Actor(PERSON, links=(made.share + 1,))):
        assert Build.objects.get() == made.build
        assert not Build.objects.update(project_name="changed")
    BuildShare.objects.all().delete()
    with acting(Actor(PERSON, reader.pk)):
        assert not Build.objects.exists()


def test_what_is_done_for_somebody_is_done_for_nobody_else(made: World, stranger: User) -> None:
    with acting(Actor(PERSON, stranger.pk)):
        assert not Build.objects.exists()
        with as_server():
            assert Build.objects.exists()
        theirs = services.submit_build(user=stranger, project_name="theirs", requirements="A leap year")
        assert list(Build.objects.all()) == [theirs]
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            services.submit_build(user=made.owner, project_name="forged", requirements="A leap year")
        assert [build.id for build in Build.objects.iterator()] == [theirs.id]
    assert Build.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_each_statement_is_still_for_somebody() -> None:
    made, stranger = world(is_running=False), User.objects.get_or_create(username="stranger")[0]
    with acting(Actor(PERSON, stranger.pk)):
        assert not Build.objects.exists()
        assert not list(Build.objects.iterator())
    with acting(Actor(PERSON, made.owner.pk)):
        assert Build.objects.get() == made.build
    assert Build.objects.get() == made.build


def test_what_others_hold_on_to_a_build_keeps_nobody_from_deleting_it(made: World, stranger: User) -> None:
    reader = User.objects.get(username="reader")
    operator = User.objects.create_superuser("boss", password="password")
    ended = factories.completed(made.owner)
    sharing.share_build(user=made.owner, build=ended, username=reader.username)
    tickets.make_ticket(user=reader, build=ended, api_key=None, session_key="x")
    services.retry_build(user=operator, build=ended)
    theirs = factories.completed(stranger)
    sharing.share_build(user=stranger, build=theirs, username=made.owner.username)
    with acting(Actor(PERSON, made.owner.pk)), transaction.atomic():
        removal.delete_build(user=made.owner, build=ended)
        connection.check_constraints()
    assert not Build.objects.filter(pk=ended.pk).exists()
    with acting(Actor(PERSON, made.owner.pk)), transaction.atomic():
        closing.close_account(user=made.owner, typed_name=made.owner.username)
        connection.check_constraints()
    assert not User.objects.filter(pk=made.owner.pk).exists()
    assert Build.objects.filter(pk=theirs.pk).exists()


def test_entries_of_the_log_are_seen_by_whom_they_are_of(made: World, stranger: User) -> None:
    with acting(Actor(PERSON, stranger.pk)):
        assert not AuditLog.objects.exists()
    with acting(Actor(PERSON, made.owner.pk)):
        assert set(AuditLog.objects.values_list("user_id", flat=True)) == {made.owner.pk}


def test_the_log_can_be_added_to_and_never_changed(made: World) -> None:
    for statement in ("UPDATE audit_auditlog SET action = 'x'", "DELETE FROM audit_auditlog"):
        with pytest.raises(ProgrammingError, match="permission denied"), role_of(PERSON, made.owner.pk) as cursor:
            cursor.execute(statement)
    assert AuditLog.objects.exists()


def test_every_table_of_somebodys_is_behind_the_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        guarded = {row[0] for row in cursor.fetchall()}
    owners = {"accounts_user", "builds_build", "builds_run", "memory_conversation", "memory_message"}
    owned = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model._meta.db_table in owners
    }
    assert owned - guarded - set(OPEN_TABLES) == set()
    assert guarded & set(OPEN_TABLES) == set()


@pytest.mark.django_db(transaction=True)
def test_a_web_process_with_a_login_of_its_own_gets_no_further(settings: Any) -> None:
    made = world(is_running=False)
    settings.DATABASE_WEB_PASSWORD = "a password of its own"
    assert wall.build_wall()
    told = connection.get_connection_params()
    given = {name: told[name] for name in ("dbname", "host", "port") if told.get(name)}
    login = role_name(connection, PERSON)
    with psycopg.connect(**given, user=login, password=settings.DATABASE_WEB_PASSWORD, autocommit=True) as web:
        assert web.execute("SELECT count(*) FROM builds_build").fetchone() == (0,)
        web.execute("RESET ROLE")
        web.execute("SELECT set_config('agentsite.user_id', %s, false)", [str(made.owner.pk)])
        assert web.execute("SELECT count(*) FROM builds_build").fetchone() == (1,)
        for statement in ("ALTER TABLE builds_build DISABLE ROW LEVEL SECURITY", "TRUNCATE audit_auditlog"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)
