"""The stand-in itself: what its callers rely on."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from builds.agent.errors import TransientError
from tests.stand_ins import scripts
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.models import ask, model_at, question
from tests.stand_ins.replies import Replies, Reply, purpose_of, read_script


def _chat(purpose: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "system", "content": f"purpose: {purpose}\nBe brief."}]}


def test_replies_are_routed_by_purpose_also_when_asked_side_by_side() -> None:
    script = {"code": ["c1", "c2"], "tests": ["t1", "t2"]}
    with ModelServer(script) as server, ThreadPoolExecutor(4) as pool:
        model = model_at(server, "openai")
        purposes = ["code", "tests", "code", "tests"]
        texts = list(pool.map(lambda purpose: ask(model, question(purpose)).text, purposes))
    assert sorted(texts) == ["c1", "c2", "t1", "t2"]
    assert all(text[0] == purpose[0] for text, purpose in zip(texts, purposes, strict=True))


def test_the_purpose_is_found_in_every_protocols_system_message() -> None:
    assert purpose_of(_chat("plan")) == "plan"
    assert purpose_of({"system": [{"type": "text", "text": "purpose: plan\nx"}], "messages": []}) == "plan"
    assert purpose_of({"messages": []}) == ""


def test_a_script_that_has_run_out_says_so() -> None:
    assert "no reply left for purpose 'plan'" in Replies({"code": ["x"]}).reply_to(_chat("plan")).error


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/chat", lambda body: body["message"]["content"]),
        ("/v1/chat/completions", lambda body: body["choices"][0]["message"]["content"]),
        ("/v1/messages", lambda body: body["content"][0]["text"]),
    ],
)
def test_an_answer_need_not_be_streamed(path: str, text: Any) -> None:
    with ModelServer(["hello"]) as server:
        body = httpx.post(server.url + path, json=_chat("code") | {"stream": False}).json()
    assert text(body) == "hello"


def test_models_and_version_are_listed() -> None:
    with ModelServer(models=["coder:7b"]) as server:
        assert httpx.get(f"{server.url}/api/tags").json()["models"][0]["name"] == "coder:7b"
        assert httpx.get(f"{server.url}/v1/models").json()["data"][0]["id"] == "coder:7b"
        assert "version" in httpx.get(f"{server.url}/api/version").json()
        assert httpx.get(f"{server.url}/else").status_code == 404


def test_a_script_can_be_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"code": ["x", {"text": "y", "status": 429}]}))
    assert read_script(path) == [Reply("x", "code"), Reply("y", "code", status=429)]


def _source(reply: str) -> str:
    return reply.partition("```python")[2].partition("\n")[2].partition("```")[0]


def _failing_tests(script: scripts.BuildScript, code: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run a script's own tests on some code and name those that fail."""
    module = ModuleType("slugify")
    exec(_source(code), vars(module))  # noqa: S102  # our own scripted program
    monkeypatch.setitem(sys.modules, "slugify", module)
    tests: dict[str, Any] = {}
    exec(_source(script["tests"][0].text), tests)  # noqa: S102  # our own scripted tests
    return [name for name, test in tests.items() if name.startswith("test_") and not _passes(test)]


def _passes(test: Any) -> bool:
    try:
        test()
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", ["GOOD_BUILD", "PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE", "SLOW", "CUTS_OFF"])
def test_the_scripted_code_passes_its_tests(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = scripts.BY_NAME[name]
    assert _failing_tests(script, script["code"][0].text, monkeypatch) == []


def test_the_scripted_bug_is_caught_and_the_repair_heals_it(monkeypatch: pytest.MonkeyPatch) -> None:
    script = scripts.FAILS_THEN_PASSES
    failing = _failing_tests(script, script["code"][0].text, monkeypatch)
    assert failing == ["test_signs_at_the_ends_are_left_out", "test_a_text_without_words_is_empty"]
    assert _failing_tests(script, script["repair"][0].text, monkeypatch) == []


def test_the_endless_repair_never_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    repairs = scripts.as_texts(scripts.NEVER_PASSES)["repair"]
    assert len(repairs) == 10
    assert _failing_tests(scripts.NEVER_PASSES, str(repairs[-1]), monkeypatch)


def test_code_that_agrees_with_its_tests_can_miss_the_example() -> None:
    module: dict[str, Any] = {}
    exec(_source(scripts.UNDERSCORE_CODE), module)  # noqa: S102  # our own scripted program
    assert "-> 'hello-world'" in scripts.SLUGIFY_REQUEST
    assert module["slugify"]("Hello World") == "hello_world"


def test_an_interrupted_script_comes_through_when_it_is_asked_again() -> None:
    with ModelServer(scripts.CUTS_OFF) as server:
        with pytest.raises(TransientError, match=r"model\.cut_off"):
            ask(model_at(server, "ollama"))
        assert ask(model_at(server, "ollama")).text == scripts.GOOD_CODE
