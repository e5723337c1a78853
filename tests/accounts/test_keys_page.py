"""The page of keys, without a browser."""

import pytest
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, User

pytestmark = pytest.mark.django_db
WANTED = {"name": "ci", "scopes": ["builds:read"], "days": "30", "budget_usd_monthly": "1.5"}


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_a_new_keys_secret_is_on_the_answer_and_in_no_cache(person: Client) -> None:
    answer = person.post("/keys/", WANTED)
    key = ApiKey.objects.get()
    assert (answer.status_code, f"ags_{key.prefix}_" in answer.content.decode()) == (201, True)
    assert "no-store" in answer["Cache-Control"]
    assert (key.scopes, str(key.budget_usd_monthly)) == (["builds:read"], "1.500000")
    assert key.expires_at is not None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"scopes": ["all"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"days": "12"}, "days"),
        ({"budget_usd_monthly": "-1"}, "budget_usd_monthly"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_nothing_typed_is_lost(
    person: Client, wrong: dict[str, object], field: str
) -> None:
    answer = person.post("/keys/", WANTED | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not ApiKey.objects.exists()
    if "budget_usd_monthly" not in wrong:
        assert 'value="1.5"' in answer.content.decode()


def test_rotating_shows_the_successor_and_a_dead_key_has_none(person: Client, owner: User) -> None:
    key = keys.create_api_key(user=owner, name="ci").key
    assert person.post(f"/keys/{key.pk}/rotate/").status_code == 201
    person.post(f"/keys/{key.pk}/revoke/")
    assert person.post(f"/keys/{key.pk}/rotate/").status_code == 302
    assert ApiKey.objects.count() == 2


def test_nobody_touches_anothers_keys(client: Client, owner: User, stranger: User, operator: User) -> None:
    key = keys.create_api_key(user=owner, name="ci").key
    for other in (stranger, operator):
        client.force_login(other)
        assert client.post(f"/keys/{key.pk}/revoke/").status_code == 404
        assert client.post(f"/keys/{key.pk}/rotate/").status_code == 404
    client.logout()
    assert client.post(f"/keys/{key.pk}/revoke/").status_code == 302
    assert ApiKey.objects.get().is_active


def test_the_usage_page_shows_numbers_and_pictures(person: Client) -> None:
    assert "Nothing was used yet" in person.get("/usage/").content.decode()
    person.post("/builds/new", {"requirements": "Roman numerals", "language": "python"})
    shown = person.get("/usage/").content.decode()
    assert shown.count('<svg viewBox="0 0 600 96"') == 3
    assert "<rect" in shown
