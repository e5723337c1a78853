"""The OpenAPI document: complete, without warnings, and true where a client depends on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from tests import factories


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("document") / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))
    return yaml.safe_load(Path(path).read_text())


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for item in document["paths"].values():
        yield from item.items()


def test_every_refusal_has_the_one_shape(document: Any) -> None:
    for _method, operation in operations(document):
        refusals = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
        assert {"401", "403", "429", "503"} <= set(refusals)
        for answer in refusals.values():
            assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Error")


def test_headers_that_a_client_acts_on_are_described(document: Any) -> None:
    for method, operation in operations(document):
        answers = operation["responses"]
        assert "Retry-After" in answers["429"]["headers"]
        assert all("Location" in answers[code]["headers"] for code in answers if code == "201")
        assert all("RateLimit-Remaining" in answers[code]["headers"] for code in answers if code != "401")
        if method == "get":
            assert "ETag" in answers["200"]["headers"]
            assert "content" not in answers["304"]


def test_operations_have_names_that_make_good_functions(document: Any) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"builds_create", "builds_cancel", "builds_archive", "builds_events", "keys_rotate"} <= set(names)


def test_nothing_in_an_answer_is_of_any_type(document: Any) -> None:
    untyped = [
        f"{name}.{field}"
        for name, component in document["components"]["schemas"].items()
        for field, described in component.get("properties", {}).items()
        if not {"type", "$ref", "allOf", "oneOf", "anyOf"} & set(described)
    ]
    assert untyped == []


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/zip", "*/*", "application/json", "image/png"])
def test_an_archive_is_handed_out_whatever_is_accepted(owner: User, accept: str) -> None:
    client = APIClient()
    client.force_login(owner)
    build = factories.completed(owner)
    answer = client.get(f"/api/v1/builds/{build.id}/archive/", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    absent = client.get(f"/api/v1/builds/{build.id}/archive/?attempt=9", headers={"Accept": accept})
    assert (absent.status_code, absent["Content-Type"]) == (404, "application/json")


@pytest.mark.django_db
@pytest.mark.parametrize("size", ["0", "101", "x", "-1", "1.5", "", "²", "9" * 400])
@pytest.mark.parametrize("path", ["/api/v1/builds/", "/api/v1/keys/"])
def test_a_page_has_1_to_100_rows(owner: User, path: str, size: str) -> None:
    client = APIClient()
    client.force_login(owner)
    answer = client.get(path, {"page_size": size})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"page_size"}
