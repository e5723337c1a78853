"""What a changed setting does: at the doors, to what waits, and to nothing that runs."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from agentsite.accounts.keys import create_api_key
from agentsite.accounts.models import User
from agentsite.accounts.runtime.services import reset_setting, set_setting
from agentsite.common.errors import AppError
from builds import engine, runner, services
from builds.approvals.services import answer
from builds.models.approval import Approval, ApprovalStatus, Door
from builds.models.build import Build
from builds.models.run import Run
from builds.runner import Engines
from builds.runs.claim import claim_next
from memory import retention
from tests import factories
from tests.stand_ins.remembering import remembering
from tests.talking.conversing import opened, said, work

pytestmark = pytest.mark.django_db
WHY = "New disks, back at 14:00."


def changed(name: str, value: str) -> None:
    set_setting(user=None, name=name, value=value)


@pytest.fixture
def paused(db: None) -> None:
    changed("SUBMISSIONS", f"paused: {WHY}")


@pytest.fixture
def program(owner: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {create_api_key(user=owner, name='program').secret}"})


WANTED = {"project_name": "Roman", "requirements": "Roman numerals"}


@pytest.mark.parametrize(("before", "mode"), [("open", "closed"), ("closed", "open")])
def test_the_next_sign_up_follows_the_mode(client: Client, before: str, mode: str) -> None:
    cache.clear()
    is_open = mode == "open"
    changed("AGENTSITE_SIGNUP", before)
    changed("AGENTSITE_SIGNUP", mode)
    password = "a long and unusual one"
    client.post(
        "/account/signup/",
        {"username": "ada", "email": "ada@example.org", "password1": password, "password2": password},
    )
    assert User.objects.filter(username="ada").exists() is is_open
    assert ("/account/signup/" in client.get("/login/").content.decode()) is is_open


def test_new_accounts_have_the_limits_of_today_and_old_ones_theirs(client: Client, owner: User, operator: User) -> None:
    cache.clear()
    for name, value in (("API_QUOTA_DAILY", "7"), ("STORAGE_QUOTA_MB", "8"), ("BUDGET_USD_MONTHLY", "9.50")):
        changed(f"ACCOUNT_{name}", value)
    changed("AGENTSITE_SIGNUP", "open")
    password = "a long and unusual one"
    wanted = {"username": "ada", "password1": password, "password2": password}
    client.post("/account/signup/", wanted | {"email": "ada@example.org"})
    client.force_login(operator)
    client.post("/admin/accounts/user/add/", wanted | {"username": "eve", "usable_password": "true"})
    User.objects.create_user("boris", password="password")
    told = ("api_quota_daily", "storage_quota_mb", "budget_usd_monthly")
    rows = {row[0]: tuple(str(value) for value in row[1:]) for row in User.objects.values_list("username", *told)}
    assert rows["ada"] == rows["eve"] == rows["boris"] == ("7", "8", "9.500000")
    assert rows["owner"] == ("1000", "500", "None")


@pytest.mark.django_db(transaction=True)
def test_the_next_build_uses_the_new_model_and_says_so(client: Client, owner: User) -> None:
    changed("AGENT_MODEL", "openai:another")
    client.force_login(owner)
    assert "openai:another" in client.get("/").content.decode()
    build = factories.submitted(owner)
    asked: list[str] = []
    changed("AGENT_MODEL", "cookbook:recipes")

    def connect(wanted: str) -> Any:
        asked.append(wanted or engine.model_name())
        return engine.model(wanted)

    runner.run_next(run_id=build.run_id, engines=Engines(model=connect, toolchain=remembering))
    build.refresh_from_db()
    assert (asked, build.model) == (["cookbook:recipes"], "cookbook:recipes")


@pytest.mark.django_db(transaction=True)
def test_limits_do_not_move_under_a_build_that_is_at_work(owner: User, settings: Any) -> None:
    build = factories.submitted(owner)

    def connect(wanted: str) -> Any:
        settings.AGENT_NODE_SECONDS = settings.AGENT_BUILD_SECONDS = 0
        return engine.model(wanted)

    runner.run_next(run_id=build.run_id, engines=Engines(model=connect, toolchain=remembering))
    build.refresh_from_db()
    assert build.status == "completed"


def test_the_page_counts_the_repairs_that_a_build_began_with(client: Client, owner: User) -> None:
    build = factories.submitted(owner)
    claim = claim_next("tests", run_id=build.run_id)
    assert claim is not None
    services.begin_build(run_id=build.run_id, fence=claim.fence, model="cookbook:recipes", sandbox={}, max_repairs=2)
    factories.tell(build, "node.started", node="repair")
    changed("AGENT_MAX_REPAIRS", "9")
    client.force_login(owner)
    assert "Repair 1 of 2" in client.get(build.get_absolute_url()).content.decode()


def test_a_lower_concurrency_stops_nothing_and_takes_up_less(owner: User) -> None:
    for _ in range(3):
        factories.submitted(owner)
    changed("AGENT_USER_CONCURRENCY", "2")
    assert all([claim_next("one"), claim_next("two")])
    changed("AGENT_USER_CONCURRENCY", "1")
    assert claim_next("three") is None
    assert Run.objects.filter(state="running").count() == 2
    changed("AGENT_USER_CONCURRENCY", "3")
    assert claim_next("three") is not None


def test_a_stricter_guard_holds_for_the_next_request(program: Client) -> None:
    secret = WANTED | {"requirements": "Write to ada.lovelace@gmail.com when the function is called"}
    assert program.post("/api/v1/builds/", secret, content_type="application/json").status_code == 201
    changed("AGENT_INPUT_GUARD", "block")
    answered = program.post("/api/v1/builds/", secret, content_type="application/json")
    assert (answered.status_code, answered.json()["error"]["code"]) == (422, "request.sensitive")


def test_people_keep_messages_no_longer_than_the_new_longest(owner: User) -> None:
    changed("MESSAGE_RETENTION_DAYS", "20")
    changed("MESSAGE_RETENTION_MAX_DAYS", "30")
    assert (retention.days_of(None), retention.days_of(3_000), retention.days_of(3_000, anew=True)) == (20, 30, 30)


@pytest.mark.usefixtures("paused")
def test_the_api_takes_in_nothing_new_and_says_when_to_come_back(program: Client, owner: User) -> None:
    conversation = opened(owner)
    for address, body in (
        ("/api/v1/builds/", WANTED),
        ("/api/v1/analyses/", {"language": "python", "code": "x = 1"}),
        (f"/api/v1/conversations/{conversation.pk}/messages/", {"content": "Build Roman numerals"}),
    ):
        refused = program.post(address, body, content_type="application/json", headers={"Idempotency-Key": address})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error["hint"]) == (503, "platform.paused", WHY)
        assert refused["Retry-After"] == "300"
    reset_setting(user=None, name="SUBMISSIONS")
    again = program.post(
        "/api/v1/builds/", WANTED, content_type="application/json", headers={"Idempotency-Key": "/api/v1/builds/"}
    )
    assert again.status_code == 201


def test_retries_and_forks_are_refused_as_well(owner: User) -> None:
    build = factories.completed(owner)
    changed("SUBMISSIONS", "paused")
    with pytest.raises(AppError, match=r"platform\.paused"):
        services.retry_build(user=owner, build=build)
    with pytest.raises(AppError, match=r"platform\.paused"):
        services.fork_build(user=owner, build=build, attempt=1, requirements="Also back")


def test_every_page_says_so_and_loses_nothing_that_was_typed(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert WHY not in client.get("/builds/").content.decode()
    changed("SUBMISSIONS", "paused: <b>New disks</b>")
    for browser, page in ((client, "/"), (client, "/builds/"), (Client(), "/login/")):
        assert "&lt;b&gt;New disks&lt;/b&gt;" in browser.get(page).content.decode()
    refused = client.post("/builds/new", WANTED | {"language": "python"})
    shown = refused.content.decode()
    assert (refused.status_code, "Nothing new is taken in" in shown, "Roman numerals" in shown) == (503, True, True)


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_in_goes_on_to_its_end(owner: User) -> None:
    build = factories.submitted(owner)
    changed("SUBMISSIONS", "paused")
    runner.run_next(run_id=build.run_id, engines=Engines(toolchain=remembering))
    build.refresh_from_db()
    assert build.status == "completed"


@pytest.mark.django_db(transaction=True)
def test_a_yes_waits_for_the_end_of_the_pause_and_a_no_does_not(owner: User) -> None:
    conversation = opened(owner)
    said(conversation, "Build a function to_roman(number) that converts integers to Roman numerals")
    work()
    approval = Approval.objects.get(status=ApprovalStatus.PENDING)
    changed("SUBMISSIONS", f"paused: {WHY}")
    with pytest.raises(AppError, match=r"platform\.paused"):
        answer(user=owner, approval=approval, approve=True, via=Door.WEB.value)
    approval.refresh_from_db()
    assert approval.is_pending
    assert answer(user=owner, approval=approval, approve=False, via=Door.WEB.value).status == ApprovalStatus.REJECTED


@pytest.mark.django_db(transaction=True)
def test_what_was_said_yes_to_before_the_pause_is_built(owner: User) -> None:
    conversation = opened(owner)
    said(conversation, "Build a function to_roman(number) that converts integers to Roman numerals")
    work()
    answer(user=owner, approval=Approval.objects.get(), approve=True, via=Door.WEB.value)
    changed("SUBMISSIONS", "paused")
    work()
    assert Build.objects.get().status == "completed"
