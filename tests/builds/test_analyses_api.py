"""``/api/v1/analyses/``: what may be sent, who reads what, and what deleting does."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agentsite.accounts import keys
from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import analyses, foreign_code, runner
from builds.agent import tree
from builds.models.analysis import CodeAnalysis
from builds.models.run import Run
from builds.runs.claim import claim_next
from tests import factories
from tests.flows.analysed import GOOD, answering, exited, submitted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
ANALYSES = "/api/v1/analyses/"
CODE = {"language": "python", "code": "x = 1\n"}
NESTED = b'{"language": "python", "files": [{"path": "a.py", "content": "x", "\\ud800": 1}]}'


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


def files(*paths: str, content: str = "x = 1\n") -> dict[str, Any]:
    return {"language": "python", "files": [{"path": path, "content": content} for path in paths]}


def ended(user: User, **given: Any) -> CodeAnalysis:
    analysis = submitted(user, **(given or {"code": "x = 1\n"}))
    runner.run_next(run_id=analysis.run_id, engines=answering(exited(GOOD)))
    return CodeAnalysis.objects.get(id=analysis.id)


def refused(answer: Any) -> tuple[int, str, list[str]]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], sorted(error.get("fields", {}))


def test_code_is_taken_and_the_answer_says_where_to_look(owner: User) -> None:
    answer = client_of(owner).post(ANALYSES, files("b.py", "a/c.py"), format="json")
    told = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, f"{ANALYSES}{told['id']}/")
    assert (told["state"], told["language"], told["queue"]["position"]) == ("pending", "python", 1)
    assert [(file["path"], file["size"]) for file in told["files"]] == [("a/c.py", 6), ("b.py", 6)]
    assert client_of(owner).get(answer["Location"]).json() == told
    assert AuditLog.objects.get(action="analysis.submitted").resource_id == told["id"]


def test_one_text_becomes_the_main_file_of_its_language(owner: User) -> None:
    told = client_of(owner).post(ANALYSES, {"language": "TypeScript", "code": "let x = 1;\r\n"}, format="json").json()
    assert (told["language"], told["files"]) == ("typescript", [{"path": "main.ts", "size": 11}])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["language"]),
        ({"language": "python"}, ["files"]),
        (CODE | files("a.py"), ["code", "files"]),
        (CODE | {"language": "cobol"}, ["language"]),
        (CODE | {"language": 7 * ["x"]}, ["language"]),
        (CODE | {"code": "  \n"}, ["code"]),
        (CODE | {"code": ""}, ["code"]),
        (CODE | {"code": None}, ["code"]),
        (CODE | {"code": "x = '\0'"}, ["code"]),
        (CODE | {"code": "x" * ((1 << 20) + 1)}, ["code"]),
        (CODE | {"code": "я" * (1 << 19) + "я"}, ["code"]),
        (CODE | {"colour": "red"}, ["colour"]),
        ({"language": "python", "files": []}, ["files"]),
        ({"language": "python", "files": {"a.py": "x"}}, ["files"]),
        ({"language": "python", "files": ["a.py"]}, ["files"]),
        ({"language": "python", "files": [{"path": "a.py"}]}, ["files"]),
        ({"language": "python", "files": [{"path": "a.py", "content": "x", "mode": "0755"}]}, ["files"]),
        (files("a.py", content="x = '\0'"), ["files"]),
        (files("a.py", content="x" * ((1 << 20) + 1)), ["files"]),
        (files(*(f"a{number}.py" for number in range(101))), ["files"]),
        (files("a.py", "a.py"), ["files"]),
        (files("a.py", "A.py"), ["files"]),
        (files("a.py", "a.py/b.py"), ["files"]),
        (files("../a.py"), ["files"]),
        (files("/etc/a.py"), ["files"]),
        (files("C:\\a.py"), ["files"]),
        (files("conftest.py", "a.py"), ["files"]),
        (files(".env", "a.py"), ["files"]),
        (files("a\u202e.py"), ["files"]),
        (files("1/2/3/4/5/6/7/8/a.py"), ["files"]),
        (files("a" * 201 + ".py"), ["files"]),
        (files("README.md"), ["files"]),
        (files("test_a.py"), ["files"]),
    ],
)
def test_bad_input_is_named_in_the_one_shape(owner: User, body: dict[str, Any], fields: list[str]) -> None:
    assert refused(client_of(owner).post(ANALYSES, body, format="json")) == (400, "request.invalid", fields)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"language": "python", "code": "\\ud800"}', NESTED, b"[" * 9999]
)
def test_rubbish_is_a_400(owner: User, body: bytes) -> None:
    answer = client_of(owner).post(ANALYSES, body, content_type="application/json")
    assert (answer.status_code, "error" in answer.json()) == (400, True)


def test_a_file_with_half_a_character_is_a_400(owner: User) -> None:
    body = b'{"language": "python", "files": [{"path": "a.py", "content": "\\udc80"}]}'
    answer = client_of(owner).post(ANALYSES, body, content_type="application/json")
    assert refused(answer) == (400, "request.invalid", ["files"])


def test_what_is_larger_than_a_body_may_be_is_a_413(owner: User) -> None:
    body = files("a.py", "b.py", "c.py", content="x" * 900_000)
    assert refused(client_of(owner).post(ANALYSES, body, format="json")) == (413, "request.too_large", [])


def test_as_much_as_a_body_may_hold_is_taken(owner: User) -> None:
    body = files("a.py", "b.py", content="x" * 1_000_000)
    assert client_of(owner).post(ANALYSES, body, format="json").status_code == 202
    assert CodeAnalysis.objects.get().size_bytes == 2_000_000


def test_every_rule_for_paths_has_words() -> None:
    rules = {rule for rule, _ in (*tree._PATH_RULES, *tree._SEGMENT_RULES)}
    assert set(foreign_code.RULES) == rules


def test_the_same_key_submits_once(owner: User) -> None:
    client = client_of(owner)
    answers = [client.post(ANALYSES, CODE, format="json", headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert CodeAnalysis.objects.count() == 1
    other = client.post(ANALYSES, CODE | {"code": "y = 2\n"}, format="json", headers={"Idempotency-Key": "one"})
    assert other.status_code == 422


def test_a_read_that_did_not_change_is_a_304(owner: User) -> None:
    analysis = ended(owner)
    for path in (ANALYSES, f"{ANALYSES}{analysis.id}/"):
        tag = client_of(owner).get(path)["ETag"]
        assert client_of(owner).get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("method", ["get", "delete"])
def test_somebody_elses_analysis_is_not_there(owner: User, stranger: User, viewer: User, method: str) -> None:
    analysis = ended(owner)
    for user in (stranger, viewer):
        answer = getattr(client_of(user), method)(f"{ANALYSES}{analysis.id}/")
        assert refused(answer) == (404, "request.not_found", [])
        assert client_of(user).get(ANALYSES).json()["results"] == []
    assert CodeAnalysis.objects.exists()


def test_an_operator_sees_everybodys(owner: User, operator: User) -> None:
    analysis = ended(owner)
    (row,) = client_of(operator).get(ANALYSES).json()["results"]
    assert (row["id"], row["owner"]) == (str(analysis.id), "owner")


def test_who_may_only_read_has_nothing_analysed(viewer: User) -> None:
    assert refused(client_of(viewer).post(ANALYSES, CODE, format="json")) == (403, "request.forbidden", [])


def test_a_key_needs_the_scopes_of_builds(owner: User) -> None:
    secret = keys.create_api_key(user=owner, name="ci", scopes=["builds:read"]).secret
    program = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert program.get(ANALYSES).status_code == 200
    assert refused(program.post(ANALYSES, CODE, format="json")) == (403, "key.scope_missing", [])


def test_the_list_holds_analyses_of_builds_too_and_can_be_narrowed(owner: User) -> None:
    build = factories.completed(owner)
    done, waiting = ended(owner), submitted(owner, "javascript", code="let x;")
    listed = {str(done.id): "done", str(waiting.id): "waiting", str(CodeAnalysis.objects.get(build=build).id): "built"}

    def found(query: str) -> list[str]:
        answer = client_of(owner).get(f"{ANALYSES}?{query}")
        assert answer.status_code == 200
        return [listed[row["id"]] for row in answer.json()["results"]]

    assert found("") == ["waiting", "done", "built"]
    assert found("origin=submitted") == ["waiting", "done"]
    assert found("origin=build") == found(f"build={build.id}") == ["built"]
    assert found("state=completed") == ["done", "built"]
    assert found("state=pending") == found("language=javascript") == ["waiting"]


@pytest.mark.parametrize("query", ["state=odd", "origin=x", "build=1", "colour=red"])
def test_a_query_that_is_none_is_a_400(owner: User, query: str) -> None:
    name = query.partition("=")[0]
    assert refused(client_of(owner).get(f"{ANALYSES}?{query}")) == (400, "request.invalid", [name])


def test_a_longer_list_needs_no_more_queries_and_never_reads_the_code(owner: User) -> None:
    counts = []
    for more in (2, 6):
        for _ in range(more):
            ended(owner)
            factories.completed(owner)
        with CaptureQueriesContext(connection) as queries:
            assert client_of(owner).get(ANALYSES).status_code == 200
        counts.append(len(queries))
        assert not [query for query in queries if "code_to_analyze" in query["sql"]]
    assert counts[0] == counts[1]


def test_pages_follow_one_another(owner: User) -> None:
    made = [str(submitted(owner, code="x = 1\n").id) for _ in range(3)]
    first = client_of(owner).get(f"{ANALYSES}?page_size=2").json()
    second = client_of(owner).get(first["next"]).json()
    assert [row["id"] for row in (*first["results"], *second["results"])] == made[::-1]


def test_a_waiting_one_is_deleted_at_once_with_its_code(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    assert client_of(owner).delete(f"{ANALYSES}{analysis.id}/").status_code == 204
    assert not CodeAnalysis.objects.exists()
    assert not Run.objects.exists()
    assert claim_next("worker") is None
    assert AuditLog.objects.filter(action="analysis.deleted", resource_id=str(analysis.id)).count() == 1


def test_of_two_that_delete_it_at_once_both_find_it_gone(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    assert [analyses.delete_analysis(user=owner, analysis=analysis) for _ in range(2)] == [True, True]
    assert AuditLog.objects.filter(action="analysis.deleted").count() == 1


def test_one_that_ended_is_deleted(owner: User) -> None:
    analysis = ended(owner)
    assert client_of(owner).delete(f"{ANALYSES}{analysis.id}/").status_code == 204
    assert client_of(owner).get(f"{ANALYSES}{analysis.id}/").status_code == 404


def test_one_that_is_worked_on_is_asked_to_stop(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    claim_next("worker")
    for _ in range(2):
        answer = client_of(owner).delete(f"{ANALYSES}{analysis.id}/")
        assert (answer.status_code, answer.json()["state"]) == (202, "running")
        assert answer.json()["cancel_requested_at"]
    assert AuditLog.objects.filter(action="analysis.cancel_requested").count() == 1


def test_a_builds_analysis_goes_with_its_build(owner: User) -> None:
    factories.completed(owner)
    analysis = CodeAnalysis.objects.get()
    assert refused(client_of(owner).delete(f"{ANALYSES}{analysis.id}/")) == (409, "analysis.of_a_build", [])
    told = client_of(owner).get(f"{ANALYSES}{analysis.id}/").json()
    assert (told["state"], told["language"], told["files"]) == ("completed", "python", [])
    assert told["security_issues"][0]["rule"] == "B101"


def test_what_failed_says_why_and_what_to_do(owner: User) -> None:
    analysis = submitted(owner, code="x = 1\n")
    runner.run_next(engines=answering(exited(b"rubbish")))
    told = client_of(owner).get(f"{ANALYSES}{analysis.id}/").json()
    assert (told["state"], told["error_code"], told["quality_score"]) == ("failed", "analysis.no_answer", None)
    assert told["error_message"]
    assert told["error_hint"]


def test_the_database_knows_what_an_analysis_belongs_to(owner: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CodeAnalysis.objects.create(user=owner, language="python")
