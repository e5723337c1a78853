"""Every field of every body, given what it is not meant for: a 4xx in the one shape, or an answer; never half a row."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import models
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, IdempotencyKey, Role, Scope, User
from agentsite.accounts.runtime.models import RuntimeSetting
from audit.models import AuditLog
from builds.models.approval import Approval
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentTarget
from builds.models.job import Job
from builds.models.run import Run, RunEvent
from builds.models.share import BuildShare
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message
from tests.access.callers import World, world

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
DOCUMENT: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
PARTS = 5
"""The gate gives each field one part of the values, another one each."""
REORDERING = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"]
TEXTS = [
    *(
        "",
        " ",
        "a\0b",
        "\0",
        "\x1b[2J",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "\r\n",
        "\ufeff",
        "\ufffe",
        "\U000e0041",
        "\u200b",
    ),
    *(
        "\ud800",
        "x\udfffy",
        "\ud83d\ude00",
        "é" * 400,
        "x" * 30_000,
        "1e400",
        "٣",
        "²",
        "../../etc/passwd",
        "%00",
        "{{7*7}}",
    ),
    *(f"photo{mark}gnp.exe" for mark in REORDERING),
]
OTHERS: list[Any] = [
    *(None, True, False, 0, 7, -1, 1.5, 1e300, 10**30, -(10**30), [], {}, [[]], [None], [{}], [1, "a"], {"a": {}}),
    *({"\ud800": "\ud800"}, ["a\0"], ["\ud800"], ["x" * 30_000], ["a\u202eb"], ["a"] * 5_000, {"a\0": 1}),
]
RAW = [
    b"",
    b"{",
    b'{"project_name": "x", ',
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1, "a": 2}',
    b'{"project_name": "a", "project_name": "b", "requirements": "c"}',
    b'{"a": ' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'"text"',
    b"7",
    b"null",
    b"[]",
    b'[{"name": "x"}]',
    b'{"name": "\xff\xfe"}',
    b"\xff\xfe" + '{"name": "x"}'.encode("utf-16-le"),
    b'\xef\xbb\xbf{"name": "x"}',
    b'{"name": "\xed\xa0\x80"}',
    b"\0" * 1_000,
    b'{"a": 1} trailing',
]
TYPES = [
    *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x"),
    *("application/xml", "", "nonsense", "application/json; charset=utf-16", "application/json; charset=zip"),
    *(
        "application/json; charset=rot13",
        "application/json; charset=\u00e9",
        "application/json; charset=unicode_escape",
    ),
]
TABLES: list[type[models.Model]] = [
    *(Build, Run, RunEvent, BuildShare, ApiKey, IdempotencyKey, AuditLog),
    *(Memory, Fact, Conversation, Message, Job, Approval, RuntimeSetting, DeploymentTarget, Deployment),
]


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Go through the operations that take a body: path, method, and what each field is."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                yield path, method, DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]


OPERATIONS = [pytest.param(*each, id=f"{each[1]} {each[0]}") for each in bodies()]
GOOD: dict[str, Any] = {
    "project_name": "Roman",
    "requirements": "Roman numerals and back",
    "name": "ci",
    "attempt": 1,
    "language": "python",
    "url": "https://example.org/hook",
    "kinds": ["build.submitted"],
    "memory_type": "learning",
    "key": "indentation",
    "value": "four spaces",
    "fact_text": "It rains.",
    "content": "Hello",
    "text": "We write tests first.",
    "is_excluded": True,
    "build": "01900000-0000-7000-8000-000000000000",
    "target": "01900000-0000-7000-8000-000000000000",
}


@pytest.fixture
def made() -> World:
    cache.clear()
    made = world(is_running=False)
    User.objects.filter(pk=made.owner.pk).update(api_quota_daily=1_000_000)
    return made


@pytest.fixture
def program(request: pytest.FixtureRequest, made: World) -> Client:
    if "/settings/" in request.node.name:  # only an operator's program gets further than the door
        User.objects.filter(pk=made.owner.pk).update(role=Role.ADMIN)
    secret = keys.create_api_key(user=made.owner, name="program", scopes=[Scope.ADMIN]).secret
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def address(path: str, made: World) -> str:
    return path.format(**made.in_addresses)


def rows() -> list[int]:
    return [table._default_manager.count() for table in TABLES]


def sent(program: Client, method: str, where: str, body: bytes, kind: str = "application/json", **more: Any) -> Any:
    """Send; check that what was refused is told in the one shape and has left nothing."""
    before = rows()
    answer = program.generic(method.upper(), where, body, content_type=kind, **more)
    told = f"{method} {where} {body[:200]!r} {kind}: {answer.status_code} {answer.content[:300]!r}"
    assert answer.status_code < 500, told
    if answer.status_code >= 400:
        error = json.loads(answer.content)["error"]
        assert {"code", "message", "hint", "request_id"} <= set(error), told
        assert rows() == before, told
    return answer


def required(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: GOOD[name] for name in schema.get("required", ())}


@pytest.mark.parametrize("part", [0, *(pytest.param(rest, marks=pytest.mark.thorough) for rest in range(1, PARTS))])
@pytest.mark.parametrize(("path", "method", "schema"), OPERATIONS)
def test_no_field_takes_what_it_is_not_meant_for(
    path: str, method: str, schema: dict[str, Any], part: int, program: Client, made: World
) -> None:
    where = address(path, made)
    for place, name in enumerate([*schema["properties"], "unknown\ud800", "\0", "__class__"]):
        for value in [*TEXTS, *OTHERS][(part + place) % PARTS :: PARTS]:
            body = json.dumps(required(schema) | {name: value}).encode()
            answer = sent(program, method, where, body)
            if name not in schema["properties"]:
                assert answer.status_code == 400
            ApiKey.objects.exclude(pk=made.key.pk).filter(name="ci").delete()  # fifty are the most


@pytest.mark.parametrize(("path", "method", "schema"), OPERATIONS)
def test_no_body_that_is_no_json_is_taken(
    path: str, method: str, schema: dict[str, Any], program: Client, made: World
) -> None:
    where = address(path, made)
    for body in RAW:
        answer = sent(program, method, where, body)
        assert answer.status_code == 400 or (body == b"" and not schema.get("required")), body[:60]
    good = json.dumps(required(schema)).encode()
    for kind in TYPES:
        answer = sent(program, method, where, good, kind)
        assert answer.status_code in {400, 415} or kind.startswith("application/json"), kind


@pytest.mark.parametrize("key", ["", "a\u202eb".encode().decode("latin1"), "x" * 256, "a\tb", "\x7f", "é"], ids=ascii)
def test_no_idempotency_key_that_cannot_be_kept_is_taken(key: str, program: Client, made: World) -> None:
    body = json.dumps({"project_name": "Roman", "requirements": "Roman numerals"}).encode()
    answer = sent(program, "post", "/api/v1/builds/", body, headers={"Idempotency-Key": key})
    assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (400, "idempotency.key_invalid")


@pytest.mark.parametrize("mark", REORDERING, ids=ascii)
def test_no_name_can_turn_the_page_around(mark: str, program: Client, made: World) -> None:
    wanted = {"project_name": "Roman", "requirements": "Roman numerals"}
    spoof = f"photo{mark}gnp.exe"
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("/api/v1/builds/", "project_name", wanted | {"project_name": spoof}),
        ("/api/v1/builds/", "tags", wanted | {"tags": ["good", spoof]}),
        ("/api/v1/builds/", "model", wanted | {"model": f"openai:{spoof}"}),
        ("/api/v1/keys/", "name", {"name": spoof}),
        (f"/api/v1/builds/{made.build.id}/fork/", "project_name", wanted | {"attempt": 1, "project_name": spoof}),
    ]
    for path, field, body in tries:
        answer = sent(program, "post", path, json.dumps(body).encode())
        assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, {field})
    changed = sent(program, "patch", "/api/v1/me/", json.dumps({"full_name": spoof}).encode())
    assert changed.status_code == 400


@pytest.mark.parametrize("name", ["מספרים רומיים", "أرقام رومانية", "ローマ数字", "Ελληνικά", "नमस्ते", "Roman 😀"])
def test_names_may_be_written_in_any_script(name: str, program: Client, made: World) -> None:
    body = {"project_name": name, "requirements": name, "tags": [name]}
    answer = sent(program, "post", "/api/v1/builds/", json.dumps(body).encode())
    assert (answer.status_code, answer.json()["project_name"], answer.json()["tags"]) == (201, name, [name])


QUERIES = {
    "/api/v1/builds/": ("cursor", "language", "order", "page_size", "parent", "search", "shared", "status", "nonsense"),
    "/api/v1/builds/{build_id}/events/": ("after",),
    "/api/v1/builds/{build_id}/files/": ("attempt",),
    "/api/v1/builds/{build_id}/archive/": ("attempt",),
    "/api/v1/builds/{build_id}/diff/": ("before", "after"),
    "/api/v1/usage/": ("days",),
    "/api/v1/statistics/": ("range", "nonsense"),
    "/api/v1/usage/ledger/": ("conversation", "model", "provider", "scope", "since", "until", "nonsense"),
    "/api/v1/usage/calls/": ("conversation", "cursor", "model", "page_size", "provider", "since", "until"),
    "/api/v1/usage/calls/export/": ("conversation", "model", "provider", "scope", "since", "until", "nonsense"),
    "/api/v1/keys/": ("cursor", "page_size"),
    "/api/v1/memories/": ("cursor", "memory_type", "order", "page_size", "search", "state", "nonsense"),
    "/api/v1/memories/?order=importance": ("cursor",),
    "/api/v1/facts/": ("cursor", "page_size", "search", "nonsense"),
    "/api/v1/stats/": ("cursor", "page_size", "since", "stat_type", "until", "nonsense"),
    "/api/v1/stats/summary/": ("cursor", "page_size", "since", "stat_type", "until", "nonsense"),
    "/api/v1/memory/search/": ("build", "collection", "content_type", "language", "limit", "q", "nonsense"),
    "/api/v1/memory/search/?q=tests": ("build", "collection", "content_type", "language", "limit"),
    "/api/v1/memory/documents/": ("after", "search", "nonsense"),
    "/api/v1/conversations/": ("cursor", "page_size", "platform", "status", "nonsense"),
    "/api/v1/conversations/search/": ("cursor", "page_size", "q", "nonsense"),
    "/api/v1/conversations/{conversation_id}/messages/": ("cursor", "page_size", "nonsense"),
    "/api/v1/attachments/": ("cursor", "family", "page_size", "nonsense"),
    "/api/v1/jobs/": ("conversation", "cursor", "mode", "page_size", "scope", "status", "nonsense"),
    "/api/v1/jobs/{job_id}/events/": ("after",),
    "/api/v1/deployments/": ("build", "cursor", "kind", "page_size", "status", "target", "nonsense"),
    "/api/v1/deployments/{deployment_id}/events/": ("after",),
    "/api/v1/deployments/{deployment_id}/diff/": ("against",),
    "/api/v1/approvals/": ("conversation", "cursor", "page_size", "status", "nonsense"),
}


@pytest.mark.parametrize("path", QUERIES)
@pytest.mark.parametrize("part", [0, *(pytest.param(rest, marks=pytest.mark.thorough) for rest in range(1, PARTS))])
def test_no_query_breaks_a_list(path: str, part: int, program: Client, made: World) -> None:
    values = [*TEXTS, "-1", "1.5", "9" * 400, "cD0xCg==", "bz05OTk5OTk5OTk5OTk5", "cj0xJnA9MDA="]
    for place, name in enumerate(QUERIES[path]):
        for value in values[(part + place) % PARTS :: PARTS]:
            answer = program.get(address(path, made), {name: value.encode("utf-8", "surrogatepass")})
            assert answer.status_code in {200, 400, 404}, (path, name, value, answer.content[:300])
            assert answer.status_code == 200 or "code" in answer.json()["error"]


def test_a_cursor_of_another_list_or_person_opens_nothing(program: Client, made: World) -> None:
    for _ in range(3):
        sent(program, "post", "/api/v1/builds/", json.dumps({"project_name": "a", "requirements": "b"}).encode())
        sent(program, "post", "/api/v1/keys/", json.dumps({"name": "ci"}).encode())
    of_builds = program.get("/api/v1/builds/", {"page_size": 1}).json()["next"].partition("?")[2]
    of_keys = program.get("/api/v1/keys/", {"page_size": 1}).json()["next"].partition("?")[2]
    assert program.get(f"/api/v1/keys/?{of_builds}").status_code == 404
    assert program.get(f"/api/v1/builds/?{of_keys}").status_code == 404
    stranger = Client()
    stranger.force_login(User.objects.create_user("cursor thief", password="password"))
    assert stranger.get(f"/api/v1/builds/?{of_builds}").json()["results"] == []
