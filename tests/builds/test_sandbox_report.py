"""What web processes know of a sandbox-runner that only workers can reach."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from agentsite.health import work
from agentsite.health.part import State
from builds import engine, offered, sandbox_report
from tests.contract.runner_service import TOKEN, free_port, running_runner

pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def be(monkeypatch: pytest.MonkeyPatch, settings: Any, *, url: str, token: str) -> None:
    """Become a process with this environment."""
    for name, value in (("SANDBOX_URL", url), ("SANDBOX_TOKEN", token)):
        setattr(settings, name, value)
        monkeypatch.setenv(name, value)


def test_the_web_tells_what_a_worker_saw(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    with running_runner() as runner:
        be(monkeypatch, settings, url=runner.url, token=TOKEN)
        sandbox_report.share()
    be(monkeypatch, settings, url=runner.url, token="")
    assert work.sandbox().engine == "bubblewrap"
    assert "python" in offered.offered_languages()


def test_a_worker_without_its_runner_says_so(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    be(monkeypatch, settings, url=url, token=TOKEN)
    sandbox_report.share()
    be(monkeypatch, settings, url=url, token="")
    assert (work.sandbox().state, work.sandbox().code) == (State.DOWN, "sandbox.unreachable")


def test_without_any_word_the_web_is_not_ready_but_still_takes_builds(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    be(monkeypatch, settings, url="http://sandbox-runner:8070", token="")
    assert (work.sandbox().state, work.sandbox().code) == (State.DOWN, "sandbox.unreachable")
    assert offered.offered_languages() == ["javascript", "python", "typescript"]


def test_nobody_waits_for_the_runner_to_learn_what_was_told_before(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    with running_runner() as runner:
        be(monkeypatch, settings, url=runner.url, token=TOKEN)
        sandbox_report.share()
        told = sandbox_report.found()
    be(monkeypatch, settings, url=f"http://127.0.0.1:{free_port()}", token=TOKEN)
    assert sandbox_report.found().error == "sandbox.unreachable"
    assert sandbox_report.known() == told


def test_a_reason_that_only_a_newer_runner_knows_is_shown_as_one(settings: Any) -> None:
    settings.SANDBOX_URL = "http://sandbox-runner:8070"
    cache.set("sandbox-report", '{"problems": {"typescript": "typescript.no_compiler"}}')
    assert offered.reason_against("typescript") == "this server cannot run it"


def test_where_code_runs_here_nothing_is_shared(settings: Any) -> None:
    assert settings.SANDBOX_URL == ""
    sandbox_report.share()
    assert sandbox_report.shared().error == "sandbox.unreachable"
    assert engine.sandbox_health().description is not None
