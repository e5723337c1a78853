"""What a key may be used for, how often, and what happens when a POST is sent again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from agentsite.accounts import idempotency, keys, quota
from agentsite.accounts.models import ApiKey, DailyUsage, IdempotencyKey, Scope, User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds.models.build import Build
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
BUILDS = "/api/v1/builds/"
WANTED = {"project_name": "Roman", "requirements": "Roman numerals and back"}


def client(secret: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {secret}"})


def with_scopes(user: User, *scopes: str) -> APIClient:
    return client(keys.create_api_key(user=user, name="ci", scopes=scopes).secret)


def test_a_key_may_do_what_its_scopes_say(owner: User) -> None:
    reader = with_scopes(owner, Scope.BUILDS_READ)
    assert reader.get(BUILDS).status_code == 200
    refused = reader.post(BUILDS, WANTED, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "key.scope_missing")
    assert "builds:write" in refused.json()["error"]["hint"]
    assert with_scopes(owner, Scope.USAGE_READ).get(BUILDS).status_code == 403
    assert with_scopes(owner, Scope.ADMIN).post(BUILDS, WANTED, format="json").status_code == 201


def test_an_operators_key_sees_everybodys_builds_only_with_the_admin_scope(owner: User, operator: User) -> None:
    factories.submitted(owner)
    assert with_scopes(operator, Scope.BUILDS_READ).get(BUILDS).json()["results"] == []
    assert len(with_scopes(operator, Scope.ADMIN).get(BUILDS).json()["results"]) == 1


def test_a_build_remembers_the_key_it_came_with(owner: User) -> None:
    made = keys.create_api_key(user=owner, name="ci")
    assert client(made.secret).post(BUILDS, WANTED, format="json").status_code == 201
    assert Build.objects.get().api_key == made.key


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(owner: User, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refused:
        keys.create_api_key(user=owner, **({"name": "ci"} | wrong))
    assert list(refused.value.fields) == [field]
    assert not ApiKey.objects.exists()


def test_a_rotated_key_works_until_the_overlap_has_passed(owner: User) -> None:
    old = keys.create_api_key(user=owner, name="ci", scopes=[Scope.BUILDS_READ])
    new = keys.rotate_api_key(user=owner, key=old.key, overlap=timedelta(hours=1))
    assert keys.find_key(old.secret) == old.key
    assert new.key.scopes == [Scope.BUILDS_READ]
    ApiKey.objects.filter(pk=old.key.pk).update(expires_at=timezone.now())
    assert keys.find_key(old.secret) is None
    assert keys.find_key(new.secret) == new.key
    with pytest.raises(AppError, match=r"key\.not_usable"):
        keys.rotate_api_key(user=owner, key=old.key)


def test_a_dead_key_says_so_also_where_no_further_key_fits(owner: User) -> None:
    dead = keys.create_api_key(user=owner, name="old").key
    keys.revoke_api_key(user=owner, key=dead)
    live = [keys.create_api_key(user=owner, name="ci").key for _ in range(keys.MAX_KEYS)]
    with pytest.raises(AppError, match=r"key\.not_usable"):
        keys.rotate_api_key(user=owner, key=dead)
    with pytest.raises(AppError, match=r"key\.too_many"):
        keys.rotate_api_key(user=owner, key=live[0])


def test_a_revoked_key_is_of_no_use_and_its_end_is_written_down_once(owner: User) -> None:
    made = keys.create_api_key(user=owner, name="ci")
    keys.revoke_api_key(user=owner, key=made.key)
    keys.revoke_api_key(user=owner, key=made.key)
    assert client(made.secret).get(BUILDS).status_code == 401
    assert AuditLog.objects.filter(action="key.revoked").count() == 1


def test_the_headers_say_what_is_left_and_the_limit_is_exact(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(api_quota_daily=3)
    caller = with_scopes(owner, Scope.BUILDS_READ)
    assert [caller.get(BUILDS)["RateLimit-Remaining"] for _ in range(3)] == ["2", "1", "0"]
    refused = caller.get(BUILDS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota.api_calls")
    assert 0 < int(refused["Retry-After"]) <= 86_400
    assert quota.api_calls_today(owner) == 3


def test_every_call_that_a_key_opens_counts_also_one_for_which_it_lacks_the_scope(owner: User) -> None:
    caller = with_scopes(owner, Scope.USAGE_READ)
    assert caller.get(BUILDS).status_code == 403
    assert caller.get("/api/v1/usage/").status_code == 200
    assert quota.api_calls_today(owner) == 2


@pytest.mark.parametrize("what", ["unknown", "zero byte", "another secret", "revoked", "expired", "owner shut out"])
def test_a_key_that_opens_nothing_uses_up_nothing(owner: User, what: str) -> None:
    made = keys.create_api_key(user=owner, name="ci")
    others = {"unknown": "ags_0123456789ab_x", "zero byte": "ags_a\0b_x", "another secret": made.secret[:-1] + "~"}
    secret = others.get(what, made.secret)
    if what == "revoked":
        keys.revoke_api_key(user=owner, key=made.key)
    if what == "expired":
        ApiKey.objects.filter(pk=made.key.pk).update(expires_at=timezone.now())
    if what == "owner shut out":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    assert client(secret).get(BUILDS).status_code == 401
    assert quota.api_calls_today(owner) == 0


def test_who_may_not_call_at_all_is_told_so(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(api_quota_daily=0)
    refused = with_scopes(owner, Scope.BUILDS_READ).get(BUILDS)
    assert (refused.status_code, refused["RateLimit-Remaining"]) == (429, "0")


def test_sessions_and_keys_use_up_the_same_day(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(api_quota_daily=2)
    browser = APIClient()
    browser.force_login(owner)
    assert browser.get(BUILDS)["RateLimit-Remaining"] == "1"
    assert with_scopes(owner, Scope.BUILDS_READ).get(BUILDS)["RateLimit-Remaining"] == "0"
    assert browser.get(BUILDS).status_code == 429


def test_work_is_counted_by_day(owner: User) -> None:
    factories.submitted(owner)
    quota.count_work(owner.id, tokens_input=10, tokens_output=3, cost_usd=Decimal("0.000001"))
    quota.count_work(owner.id, tokens_input=1, tokens_output=0, cost_usd=Decimal("0.25"))
    day = DailyUsage.objects.get()
    assert (day.builds, day.tokens_input, day.tokens_output, day.cost_usd) == (1, 11, 3, Decimal("0.250001"))


def again(caller: APIClient, body: dict[str, Any], key: str) -> Any:
    return caller.post(BUILDS, body, format="json", headers={"Idempotency-Key": key})


def test_a_post_that_is_sent_again_gives_the_same_answer(owner: User) -> None:
    caller = with_scopes(owner, Scope.BUILDS_WRITE)
    first, second = again(caller, WANTED, "one"), again(caller, WANTED, "one")
    assert (first.json(), first["Location"]) == (second.json(), second["Location"])
    assert (second.status_code, second["Idempotency-Replayed"]) == (201, "true")
    assert Build.objects.count() == 1


def test_a_key_that_was_used_for_another_request_is_a_422(owner: User) -> None:
    caller = with_scopes(owner, Scope.BUILDS_WRITE)
    again(caller, WANTED, "one")
    refused = again(caller, WANTED | {"project_name": "Other"}, "one")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "idempotency.key_reused")
    assert Build.objects.count() == 1


def test_a_refused_post_may_be_corrected_under_the_same_key(owner: User) -> None:
    caller = with_scopes(owner, Scope.BUILDS_WRITE)
    assert again(caller, WANTED | {"language": "cobol"}, "one").status_code == 400
    assert again(caller, WANTED, "one").status_code == 201


def test_a_post_to_what_can_only_be_read_is_a_405(owner: User) -> None:
    build = factories.completed(owner)
    refused = with_scopes(owner, Scope.ADMIN).post(f"{BUILDS}{build.id}/analysis/", {}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "request.method_not_allowed")


def test_two_people_may_use_the_same_key(owner: User, stranger: User) -> None:
    answers = [again(with_scopes(user, Scope.BUILDS_WRITE), WANTED, "one").json()["id"] for user in (owner, stranger)]
    assert len(set(answers)) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(owner: User, key: str) -> None:
    refused = again(with_scopes(owner, Scope.BUILDS_WRITE), WANTED, key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "idempotency.key_invalid")


def test_old_answers_are_forgotten(owner: User) -> None:
    again(with_scopes(owner, Scope.BUILDS_WRITE), WANTED, "one")
    assert idempotency.delete_old() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(minutes=1))
    assert idempotency.delete_old() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_build(owner: User) -> None:
    secret = keys.create_api_key(user=owner, name="ci").secret

    def post(_: int) -> tuple[int, str]:
        try:
            answer = again(client(secret), WANTED, "one")
            return answer.status_code, answer.json()["id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20 if connection.vendor == "postgresql" else 4) as pool:
        answers = set(pool.map(post, range(20)))
    assert answers == {(201, str(Build.objects.get().id))}


def test_an_answer_that_has_not_changed_is_not_sent_again(owner: User) -> None:
    caller = with_scopes(owner, Scope.BUILDS_READ)
    tag = caller.get(BUILDS)["ETag"]
    assert caller.get(BUILDS, headers={"If-None-Match": tag}).status_code == 304
    factories.submitted(owner)
    assert caller.get(BUILDS, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("query", ["status=lost", "staus=failed", "order=name", "parent=1", "language=" + "x" * 40])
def test_a_query_that_means_nothing_is_a_400(owner: User, query: str) -> None:
    assert with_scopes(owner, Scope.BUILDS_READ).get(f"{BUILDS}?{query}").status_code == 400


def test_a_list_is_narrowed_and_turned_around(owner: User) -> None:
    builds = [factories.submitted(owner, name=name) for name in ("One", "Two")]
    caller = with_scopes(owner, Scope.BUILDS_READ)
    found = caller.get(BUILDS, {"order": "created_at", "status": "pending"}).json()["results"]
    assert [row["id"] for row in found] == [str(build.id) for build in builds]
    assert [row["project_name"] for row in caller.get(BUILDS, {"search": "two"}).json()["results"]] == ["Two"]
    assert caller.get(BUILDS, {"status": "failed"}).json()["results"] == []
