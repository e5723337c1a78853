"""The list of builds."""

from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds.pages import listing
from tests import factories

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    return [row.name for row in client.get(f"/builds/{query}").context["page"].rows]


def test_a_person_sees_their_own_and_an_operator_everybodys(
    client: Client, owner: User, stranger: User, operator: User
) -> None:
    factories.submitted(owner, name="Mine")
    factories.submitted(stranger, name="Theirs")
    client.force_login(owner)
    assert names(client) == ["Mine"]
    assert "Owner" not in client.get("/builds/").content.decode()
    client.force_login(operator)
    assert names(client) == ["Theirs", "Mine"]
    assert "Owner" in client.get("/builds/").content.decode()


def test_filters_in_the_address_narrow_the_list(client: Client, owner: User) -> None:
    factories.completed(owner, name="Verified one")
    factories.completed(owner, name="Partly one", verification="partly")
    factories.failed(owner, name="Failed one")
    factories.submitted(owner, name="Waiting one")
    client.force_login(owner)
    assert names(client, "?q=failed") == ["Failed one"]
    assert names(client, "?status=completed") == ["Partly one", "Verified one"]
    assert names(client, "?status=active") == ["Waiting one"]
    assert names(client, "?verification=verified") == ["Verified one"]
    assert names(client, "?status=completed&verification=partly&q=one") == ["Partly one"]


@pytest.mark.parametrize("query", ["?status=x", "?verification=x", "?before=x", "?before=%00", "?q=%00"])
def test_what_means_nothing_narrows_nothing(client: Client, owner: User, query: str) -> None:
    factories.submitted(owner)
    client.force_login(owner)
    assert len(names(client, query)) == 1


def test_pages_follow_each_other_without_gap_or_repeat(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    for number in range(5):
        factories.submitted(owner, name=f"Build {number}")
    client.force_login(owner)
    seen: list[str] = []
    query = ""
    while True:
        page = client.get(f"/builds/?{query}").context["page"]
        seen += [row.name for row in page.rows]
        query = page.older
        if not query:
            break
    assert seen == [f"Build {number}" for number in (4, 3, 2, 1, 0)]


def test_figures_come_from_the_proofs(client: Client, owner: User) -> None:
    factories.completed(owner)
    client.force_login(owner)
    content = client.get("/builds/").content.decode()
    assert "2/2" in content
    assert "$0.00" in content
    assert "cookbook" in content


def test_an_empty_list_says_what_to_do(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert "Start the first build" in client.get("/builds/").content.decode()
    assert "Clear the filters" in client.get("/builds/?q=x").content.decode()


def test_a_longer_list_needs_no_more_queries(client: Client, owner: User, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        factories.submitted(owner)
    client.force_login(owner)
    with django_assert_max_num_queries(5):  # session, user, builds, what they cost, what waits for an answer
        client.get("/builds/")
