"""What an operator does from the lists: each act asks first, happens once, and is written down with its reason."""

import csv
import io
from decimal import Decimal

import pytest
from allauth.usersessions.models import UserSession
from django.db.models import Model
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Role, User
from audit.models import AuditLog
from builds.models.build import Build
from builds.runs import status
from builds.runs.claim import claim_next
from builds.runs.errors import StaleFence
from builds.runs.fence import held
from builds.states import State
from tests import factories
from tests.console.asking import answer_of, asked, done, list_of, page_of

pytestmark = pytest.mark.django_db


def entry(action: str) -> AuditLog:
    return AuditLog.objects.get(action=action)


def test_an_act_asks_first_and_names_what_it_is_about(console: Client, owner: User) -> None:
    builds = [factories.submitted(owner, name=name) for name in ("One", "<b>Two</b>")]
    page = asked(console, "cancel", *builds).content.decode()
    assert "One (pending)" in page
    assert "&lt;b&gt;Two&lt;/b&gt;" in page
    assert "<b>Two" not in page
    assert not Build.objects.filter(status=State.CANCELLED).exists()


def test_cancelling_is_written_down_with_its_reason(console: Client, owner: User, operator: User) -> None:
    build = factories.submitted(owner)
    assert done(console, "cancel", build, reason="It was a mistake.") == "Done for 1."
    assert Build.objects.get().status == State.CANCELLED
    assert entry("build.cancel_requested").user == operator
    assert entry("build.cancel_requested").details == {"reason": "It was a mistake."}


def test_what_refuses_is_told_of_and_the_others_are_done(console: Client, owner: User) -> None:
    ended, waiting = factories.completed(owner), factories.submitted(owner)
    told = done(console, "cancel", ended, waiting)
    assert "This build has ended already" in told
    assert "Done for 1" in told


def test_a_form_that_is_sent_twice_counts_once(console: Client, owner: User) -> None:
    failed = factories.failed(owner)
    sent = answer_of(asked(console, "retry", failed))
    console.post(list_of(Build), sent)
    again = console.post(list_of(Build), sent, follow=True)
    assert "nothing was done again" in again.content.decode()
    assert Build.objects.filter(parent=failed).count() == 1


@pytest.mark.parametrize("token", ["", "x", "0" * 31])
def test_a_form_without_its_token_does_nothing(console: Client, owner: User, token: str) -> None:
    build = factories.submitted(owner)
    console.post(list_of(Build), answer_of(asked(console, "cancel", build), token=token))
    assert Build.objects.get().status == State.PENDING


def test_from_a_builds_page_one_comes_back_to_it(console: Client, owner: User) -> None:
    build = factories.submitted(owner)
    page = console.post(list_of(Build), {"action": "cancel", "_selected_action": str(build.pk), "back": "yes"})
    assert console.post(list_of(Build), answer_of(page)).headers["Location"] == page_of(build)


@pytest.mark.parametrize("garbage", ["x", "0", "' OR 1=1 --", "\x00"])
def test_a_row_that_cannot_be_is_refused(console: Client, garbage: str) -> None:
    answer = console.post(list_of(Build), {"action": "cancel", "_selected_action": garbage})
    assert answer.status_code in {302, 400}


def test_a_run_is_taken_from_a_worker_that_hangs(console: Client, owner: User) -> None:
    build, claim = factories.running(owner)
    assert done(console, "reassign", build, reason="It hangs.") == "Done for 1."
    with pytest.raises(StaleFence), held(build.run_id, claim.fence):
        pass
    with pytest.raises(StaleFence):
        status.end(build.run_id, State.COMPLETED, fence=claim.fence)
    again = claim_next("another", run_id=build.run_id)
    assert again is not None
    assert (again.fence, again.attempt) == (claim.fence + 2, 1)
    assert entry("run.reassigned").details == {"lease_owner": "tests", "fence": claim.fence, "reason": "It hangs."}
    assert build.run.events.filter(kind="run.reassigned").count() == 1


def test_what_another_worker_has_taken_over_meanwhile_stays_there(console: Client, owner: User) -> None:
    build, claim = factories.running(owner)
    assert status.give_back(build.run_id, claim.fence)
    assert "holds it no longer" in done(console, "reassign", build)
    assert not AuditLog.objects.filter(action="run.reassigned").exists()


def test_a_run_that_another_worker_took_over_while_one_read_is_left_alone(console: Client, owner: User) -> None:
    build, claim = factories.running(owner)
    sent = answer_of(asked(console, "reassign", build))
    status.give_back(build.run_id, claim.fence)
    again = claim_next("another", run_id=build.run_id)
    assert again is not None
    told = console.post(list_of(Build), sent, follow=True).content.decode()
    assert "has changed since you looked" in told
    with held(build.run_id, again.fence):
        pass


def test_limits_of_several_are_changed_and_what_is_empty_stays(console: Client, owner: User, stranger: User) -> None:
    done(console, "change_limits", owner, stranger, api_quota_daily="50", budget_usd_monthly="2.5", reason="Too much.")
    for person in User.objects.filter(pk__in=[owner.pk, stranger.pk]):
        assert (person.api_quota_daily, person.storage_quota_mb) == (50, 500)
        assert person.budget_usd_monthly == Decimal("2.5")
    told = AuditLog.objects.get(action="user.limits_changed", resource_id=str(owner.pk)).details
    assert told == {"api_quota_daily": [1000, 50], "budget_usd_monthly": [None, "2.5"], "reason": "Too much."}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"api_quota_daily": "-1"},
        {"api_quota_daily": "99999999999"},
        {"storage_quota_mb": "many"},
        {"budget_usd_monthly": "NaN"},
        {"budget_usd_monthly": "1", "no_budget": "on"},
    ],
    ids=str,
)
def test_limits_that_make_no_sense_are_refused_and_kept_on_the_form(
    console: Client, owner: User, wrong: dict[str, str]
) -> None:
    page = console.post(list_of(User), answer_of(asked(console, "change_limits", owner), **wrong))
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert not AuditLog.objects.filter(action="user.limits_changed").exists()


def test_a_budget_can_be_taken_away(console: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(budget_usd_monthly=5)
    done(console, "change_limits", owner, no_budget="on")
    assert User.objects.get(pk=owner.pk).budget_usd_monthly is None


def test_a_deactivated_account_is_out_at_once(console: Client, owner: User) -> None:
    secret = keys.create_api_key(user=owner, name="laptop").secret
    theirs = Client()
    theirs.post("/login/", {"login": "owner", "password": "password"})
    assert theirs.get("/builds/").status_code == 200
    assert UserSession.objects.filter(user=owner).exists()
    done(console, "deactivate", owner, reason="Left.")
    assert theirs.get("/builds/").status_code == 302
    assert keys.find_key(secret) is None
    assert entry("user.deactivated").details["reason"] == "Left."
    done(console, "activate", owner)
    assert theirs.get("/builds/").status_code == 302
    assert keys.find_key(secret) is not None


def test_nobody_locks_themselves_out(console: Client, operator: User) -> None:
    User.objects.create_superuser("another", password="password")
    assert "lock yourself out" in done(console, "deactivate", operator)
    assert User.objects.get(pk=operator.pk).is_active


def test_keys_are_revoked(console: Client, owner: User, operator: User) -> None:
    key = keys.create_api_key(user=owner, name="laptop").key
    done(console, "revoke", key, reason="It leaked.")
    assert not ApiKey.objects.get().is_active
    assert entry("key.revoked").user == operator
    assert entry("key.revoked").details["reason"] == "It leaked."


def exported(console: Client, *rows: Model) -> list[dict[str, str]]:
    answer = console.post(list_of(type(rows[0])), answer_of(asked(console, "export", *rows)))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_an_export_has_no_formulas_and_is_written_down(console: Client, owner: User) -> None:
    build = factories.submitted(owner, name="=HYPERLINK(1)")
    assert [row["project_name"] for row in exported(console, build)] == ["'=HYPERLINK(1)"]
    assert entry("console.exported").details == {"count": 1, "rows": [str(build.id)]}


def test_an_export_has_no_secrets(console: Client, owner: User) -> None:
    key = keys.create_api_key(user=owner, name="laptop").key
    assert "password" not in exported(console, owner)[0]
    assert "key_hash" not in exported(console, key)[0]


@pytest.mark.parametrize("action", ["cancel", "retry", "reassign"])
def test_staff_without_the_permission_are_offered_no_acts(client: Client, owner: User, action: str) -> None:
    helper = User.objects.create_user("helper", password="password", is_staff=True, role=Role.ADMIN)
    allow(helper, "view_build")
    client.force_login(helper)
    build = factories.submitted(owner)
    assert f'value="{action}"' not in client.get(list_of(Build)).content.decode()
    asked(client, action, build)
    assert client.get(page_of(build)).status_code == 200
    assert not AuditLog.objects.exclude(action="build.submitted").filter(resource_type="build").exists()


def allow(user: User, *codenames: str) -> None:
    from django.contrib.auth.models import Permission

    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
