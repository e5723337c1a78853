"""Settings that operators change while everything runs: what is taken, what is kept, and how others hear of it."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agentsite import env
from agentsite.accounts.keys import create_api_key
from agentsite.accounts.models import Role, Scope, User
from agentsite.accounts.runtime import reading, selectors
from agentsite.accounts.runtime.models import RuntimeSetting
from agentsite.accounts.runtime.services import reset_setting, set_setting
from agentsite.accounts.runtime.table import (
    AGENT_MAX_REPAIRS,
    APPROVAL_RULE_ABOVE_USD,
    MESSAGE_RETENTION_MAX_DAYS,
    SUBMISSIONS,
    TABLE,
)
from agentsite.common.acting import PERSON, Actor, acting
from agentsite.common.errors import AppError
from audit.models import AuditLog

pytestmark = pytest.mark.django_db
NAME = "AGENT_MAX_REPAIRS"
ADDRESS = f"/api/v1/settings/{NAME}/"


def patched(client: Client, name: str = NAME, **body: object) -> Any:
    return client.patch(f"/api/v1/settings/{name}/", body, content_type="application/json")


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: str(setting.name))
def test_each_begins_as_the_environment_has_it(setting: Any) -> None:
    assert setting.now() == setting.environment()
    assert setting.kind.read(setting.kind.write(setting.environment())) == setting.environment()
    assert type(setting.kind.read(env.setting(setting.name).default)) is type(setting.environment())


def test_a_change_is_in_force_and_kept_with_who_and_why(operator: User) -> None:
    before = AGENT_MAX_REPAIRS.now()
    assert set_setting(user=operator, name=NAME, value="7", reason="A hard week").is_new
    assert AGENT_MAX_REPAIRS.now() == 7
    reset_setting(user=operator, name=NAME)
    assert AGENT_MAX_REPAIRS.now() == before
    told = [(row.number, row.value, row.is_reset, row.set_by_label, row.reason) for row in selectors.history(NAME)]
    assert told == [(2, "", True, "operator", ""), (1, "7", False, "operator", "A hard week")]


def test_the_log_has_the_old_and_the_new_value(operator: User) -> None:
    set_setting(user=operator, name="AGENTSITE_SIGNUP", value="closed", reason="Too many")
    entry = AuditLog.objects.get(action="setting.changed")
    assert (entry.user_label, entry.resource_id, entry.event_category) == ("operator", "AGENTSITE_SIGNUP", "security")
    assert entry.details == {"before": "invitation", "after": "closed", "number": 1}


def test_what_is_in_force_already_is_no_change(operator: User) -> None:
    assert not set_setting(user=operator, name=NAME, value=str(AGENT_MAX_REPAIRS.now())).is_new
    assert not reset_setting(user=operator, name=NAME).is_new
    set_setting(user=operator, name="APPROVAL_RULE_ABOVE_USD", value="0.50")
    assert not set_setting(user=operator, name="APPROVAL_RULE_ABOVE_USD", value="0.5").is_new
    assert str(APPROVAL_RULE_ABOVE_USD.now()) == "0.5"
    assert RuntimeSetting.objects.count() == AuditLog.objects.filter(action__startswith="setting.").count() == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (NAME, "21", "Give a whole number from 0 to 20."),
        (NAME, "many", "Give a whole number from 0 to 20."),
        (NAME, "", "Give a whole number from 0 to 20."),
        ("AGENTSITE_SIGNUP", "maybe", "Give one of open, invitation, closed."),
        ("APPROVAL_RULE_ABOVE_USD", "-1", "Give an amount such as 0.50."),
        ("SUBMISSIONS", "later", "Give open; paused; or paused: and a sentence"),
        ("SUBMISSIONS", "open: why", "Give open; paused; or paused: and a sentence"),
        ("SUBMISSIONS", "paused: two\nlines", "Give open; paused; or paused: and a sentence"),
        ("AGENT_MODEL", "nobody:knows", "Give provider:name, the provider one of ollama, openai"),
        ("MESSAGE_RETENTION_DAYS", "5000", "for 5000 days, and at most for 3650"),
        ("MESSAGE_RETENTION_MAX_DAYS", "364", "for 365 days, and at most for 364"),
    ],
)
def test_a_refusal_says_what_may_be_given(operator: User, name: str, value: str, told: str) -> None:
    with pytest.raises(AppError) as refused:
        set_setting(user=operator, name=name, value=value)
    assert told in refused.value.fields["value"][0]
    assert not RuntimeSetting.objects.exists()


def test_the_longest_is_not_reset_below_what_is_kept(operator: User) -> None:
    set_setting(user=operator, name="MESSAGE_RETENTION_MAX_DAYS", value="9000")
    set_setting(user=operator, name="MESSAGE_RETENTION_DAYS", value="8000")
    with pytest.raises(AppError, match=r"request\.invalid"):
        reset_setting(user=operator, name="MESSAGE_RETENTION_MAX_DAYS")
    assert MESSAGE_RETENTION_MAX_DAYS.now() == 9000


@pytest.mark.parametrize("reason", ["two\nlines", "x" * 301, "photo\u202egnp.exe"])
def test_a_reason_is_one_readable_line(operator: User, reason: str) -> None:
    with pytest.raises(AppError) as refused:
        set_setting(user=operator, name=NAME, value="7", reason=reason)
    assert set(refused.value.fields) == {"reason"}


@pytest.mark.parametrize("name", ["SECRET_KEY", "DEBUG", "", "agent_max_repairs"])
def test_nothing_else_can_be_changed(console: Client, operator: User, name: str) -> None:
    with pytest.raises(AppError, match=r"request\.not_found"):
        set_setting(user=operator, name=name, value="7")
    assert patched(console, name or "%20", value="7").status_code == 404


def test_only_an_operator_changes_anything(owner: User) -> None:
    with pytest.raises(AppError, match=r"request\.forbidden"):
        set_setting(user=owner, name=NAME, value="7")


def test_who_saw_an_older_version_is_told_who_was_faster(operator: User) -> None:
    set_setting(user=operator, name=NAME, value="7", version=0)
    other = User.objects.create_superuser("other", password="password")
    with pytest.raises(AppError, match=r"setting\.changed_meanwhile") as refused:
        set_setting(user=other, name=NAME, value="8", version=0)
    assert "operator" in str(refused.value.message)
    set_setting(user=other, name=NAME, value="8", version=1)
    assert AGENT_MAX_REPAIRS.now() == 8


def test_the_history_outlives_the_account(operator: User) -> None:
    set_setting(user=operator, name=NAME, value="7")
    operator.delete()
    row = RuntimeSetting.objects.get()
    assert (row.set_by, row.set_by_label, AGENT_MAX_REPAIRS.now()) == (None, "operator", 7)


def test_all_settings_are_one_query_once_in_a_while(
    operator: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    reading.forget()
    with django_assert_num_queries(1):
        assert [setting.now() for setting in TABLE] == [setting.environment() for setting in TABLE]
    monkeypatch.setattr(reading, "KEPT_SECONDS", 0.0)
    reading.forget()
    RuntimeSetting.objects.create(name=NAME, number=1, value="9", set_by_label="another process")
    assert AGENT_MAX_REPAIRS.now() == 9


def test_a_change_elsewhere_is_known_within_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(reading, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    reading.take_as_known({}, seconds=0)
    before = AGENT_MAX_REPAIRS.now()
    RuntimeSetting.objects.create(name=NAME, number=1, value="9", set_by_label="another process")
    now[0] += 4.9
    assert AGENT_MAX_REPAIRS.now() == before
    now[0] += 5
    assert AGENT_MAX_REPAIRS.now() == 9


def test_without_the_database_the_last_that_was_known_holds(operator: User) -> None:
    set_setting(user=operator, name=NAME, value="7")
    assert AGENT_MAX_REPAIRS.now() == 7
    reading.forget()
    with connection.execute_wrapper(_away):
        assert AGENT_MAX_REPAIRS.now() == 7
        with pytest.raises(OperationalError):  # but nothing is deleted on the strength of a memory
            AGENT_MAX_REPAIRS.now(anew=True)
    reading.take_as_known({}, seconds=0)
    with connection.execute_wrapper(_away):
        assert AGENT_MAX_REPAIRS.now() == AGENT_MAX_REPAIRS.environment()


def _away(*_: object) -> None:
    raise OperationalError


def test_a_stored_value_that_can_no_longer_be_read_holds_nobody_up(console: Client) -> None:
    RuntimeSetting.objects.create(name=NAME, number=1, value="many", set_by_label="an older release")
    RuntimeSetting.objects.create(name="GONE", number=1, value="1", set_by_label="an older release")
    reading.forget()
    assert AGENT_MAX_REPAIRS.now() == AGENT_MAX_REPAIRS.environment()
    assert console.get("/admin/accounts/runtimesetting/").status_code == 200
    assert console.get("/api/v1/settings/").status_code == 200


def test_the_fallback_is_what_django_has_now(settings: Any) -> None:
    settings.AGENT_MAX_REPAIRS = 11
    assert AGENT_MAX_REPAIRS.now() == 11


@pytest.mark.services
def test_a_person_reads_the_settings_behind_the_wall_and_writes_none(owner: User, operator: User) -> None:
    set_setting(user=operator, name=NAME, value="7")
    reading.forget()
    with acting(Actor(PERSON, owner.pk)):
        assert AGENT_MAX_REPAIRS.now() == 7
        assert not RuntimeSetting.objects.update(value="8")
        assert not RuntimeSetting.objects.all().delete()[0]
        with pytest.raises(Exception, match="row-level security"):
            RuntimeSetting.objects.create(name=NAME, number=2, value="8", set_by_label="owner")


def test_the_api_lists_shows_and_changes(console: Client) -> None:
    listed = console.get("/api/v1/settings/").json()
    assert [row["name"] for row in listed] == [setting.name for setting in TABLE]
    answer = patched(console, value="7", reason="A hard week", version=0)
    assert (answer.status_code, answer.json()["value"], answer.json()["is_changed"]) == (200, "7", True)
    assert patched(console, value="8", version=0).status_code == 409
    assert patched(console, value=None).json()["is_changed"] is False
    shown = console.get(ADDRESS).json()
    assert [(row["version"], row["value"], row["set_by"]) for row in shown["history"]] == [
        (2, None, "operator"),
        (1, "7", "operator"),
    ]


def test_a_program_of_an_operators_needs_the_scope_admin(operator: User) -> None:
    for scope, status in ((Scope.ADMIN, 200), (Scope.BUILDS_WRITE, 403)):
        secret = create_api_key(user=operator, name="program", scopes=[scope]).secret
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        assert (program.get("/api/v1/settings/").status_code, patched(program, value="7").status_code) == (
            status,
            status,
        )


def test_the_page_shows_where_each_comes_from(console: Client, operator: User) -> None:
    set_setting(user=operator, name=NAME, value="7", reason="A <b>hard</b> week")
    shown = console.get("/admin/accounts/runtimesetting/").content.decode()
    assert all(setting.name in shown for setting in TABLE)
    assert "set by operator" in shown
    assert "A &lt;b&gt;hard&lt;/b&gt; week" in shown
    assert shown.count("· from the environment") == len(TABLE) - 1


def test_the_page_of_one_changes_it_and_shows_its_history(console: Client) -> None:
    page = f"/admin/accounts/runtimesetting/{NAME}/"
    assert console.post(page, {"value": "7", "reason": "A hard week", "version": "0"}).status_code == 302
    assert AGENT_MAX_REPAIRS.now() == 7
    shown = console.get(page).content.decode()
    assert "A hard week" in shown
    assert 'value="7"' in shown
    again = console.post(page, {"value": "7", "reason": "A hard week", "version": "0"})
    assert (again.status_code, RuntimeSetting.objects.count()) == (302, 1)  # pressed twice
    late = console.post(page, {"value": "8", "reason": "", "version": "0"})
    assert (late.status_code, "changed meanwhile, by operator" in late.content.decode()) == (409, True)
    wrong = console.post(page, {"value": "99", "reason": "", "version": "1"})
    assert (wrong.status_code, "Give a whole number from 0 to 20." in wrong.content.decode()) == (400, True)
    assert console.post(page, {"value": "", "reason": "", "version": "1", "reset": "x"}).status_code == 302
    assert AGENT_MAX_REPAIRS.now() == AGENT_MAX_REPAIRS.environment()
    assert console.post(page, {"value": "7"}).status_code == 400


def test_the_page_is_there_for_operators_only(client: Client, operator: User) -> None:
    staff = User.objects.create_user("staff", password="password", is_staff=True)
    client.force_login(staff)
    for page in ("/admin/accounts/runtimesetting/", f"/admin/accounts/runtimesetting/{NAME}/"):
        assert client.get(page).status_code == 403
    User.objects.filter(pk=staff.pk).update(role=Role.ADMIN)
    assert client.get("/admin/accounts/runtimesetting/").status_code == 200
    assert client.get("/admin/accounts/runtimesetting/DEBUG/").status_code == 404


def test_the_command_lists_shows_and_changes(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("setting", NAME, "7", reason="A hard week")
    assert f"{NAME}=7  (set by system)" in capsys.readouterr().out
    call_command("setting")
    assert capsys.readouterr().out.count("\n") == len(TABLE)
    call_command("setting", NAME, reset=True)
    shown = capsys.readouterr().out
    assert "1. " in shown
    assert "A hard week" in shown
    for wrong in ([NAME, "99"], ["DEBUG"], ["DEBUG", "true"]):
        with pytest.raises(CommandError):
            call_command("setting", *wrong)
    with pytest.raises(CommandError):
        call_command("setting", NAME, "7", reset=True)


def test_a_model_that_does_not_answer_is_set_with_a_warning(console: Client, settings: Any) -> None:
    settings.OLLAMA_BASE_URL = "http://127.0.0.1:9"
    answer = patched(console, "AGENT_MODEL", value="ollama:qwen")
    assert (answer.status_code, answer.json()["value"]) == (200, "ollama:qwen")
    assert "does not answer" in answer.json()["warning"]
    settings.ANTHROPIC_API_KEY = ""
    assert "needs a key" in patched(console, "AGENT_MODEL", value="anthropic:claude").json()["warning"]
    assert patched(console, "AGENT_MODEL", value="cookbook").json()["warning"] == ""


def test_a_list_of_settings_costs_one_query_for_all(console: Client) -> None:
    set_setting(user=None, name=NAME, value="7")
    console.get("/api/v1/settings/")
    with CaptureQueriesContext(connection) as queries:
        console.get("/api/v1/settings/")
    assert sum("runtimesetting" in query["sql"] for query in queries) == 1


def test_a_pause_carries_its_sentence(operator: User) -> None:
    set_setting(user=operator, name="SUBMISSIONS", value=" Paused :  Back at 14:00. ")
    pause = SUBMISSIONS.now()
    assert (pause.is_paused, pause.notice) == (True, "Back at 14:00.")
    assert RuntimeSetting.objects.get().value == "paused: Back at 14:00."
