"""What the doctor finds beside the parts: settings that don't fit together, files that others may read."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from agentsite import health, review
from agentsite.management.commands.doctor import part_lines
from builds.models.worker import Worker
from builds.presence import Presence


@pytest.fixture(autouse=True)
def _good(settings: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings.DATA_DIR, settings.SECRET_KEY = tmp_path, "k" * 64
    settings.ALLOWED_HOSTS, settings.HOST, settings.DATABASE_URL, settings.REDIS_URL = (
        ["localhost"],
        "127.0.0.1",
        "",
        "",
    )


def about() -> list[str]:
    return [remark.about for remark in review.remarks()]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, []),
        ({"DEBUG": True}, ["DEBUG"]),
        ({"SECRET_KEY": "short"}, ["DJANGO_SECRET_KEY"]),
        ({"HTTPS": True}, ["SITE_URL", "TRUSTED_PROXIES"]),
        ({"SITE_URL": "https://site.example", "ALLOWED_HOSTS": [".example"]}, ["HTTPS"]),
        ({"SITE_URL": "http://site.example"}, ["ALLOWED_HOSTS"]),
        ({"HOST": "0.0.0.0"}, ["ALLOWED_HOSTS", "HOST"]),  # noqa: S104  what is to be warned of
        ({"TELEGRAM_WEBHOOK": True, "SITE_URL": "http://localhost"}, ["TELEGRAM_WEBHOOK"]),
        ({"SIGNUP": "open", "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, ["EMAIL_URL"]),
        ({"PROMETHEUS_ENABLED": True, "PROMETHEUS_TOKEN": ""}, ["PROMETHEUS_TOKEN"]),
        ({"DATABASE_URL": "postgres://x"}, ["REDIS_URL", "CHROMA_URL"]),
        ({"REDIS_URL": "redis://x"}, ["DATABASE_URL"]),
    ],
)
def test_settings_that_do_not_fit_together_are_named(settings: Any, given: dict[str, Any], named: list[str]) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    assert about() == named


def test_a_directory_or_key_that_others_may_read_is_named(settings: Any) -> None:
    key = settings.DATA_DIR / "secret-key"
    key.write_text("k")
    key.chmod(0o640)
    assert about() == ["secret-key"]
    key.chmod(0o600)
    settings.DATA_DIR.chmod(0o750)
    assert about() == ["AGENTSITE_DATA_DIR"]


def test_a_directory_that_is_not_there_stops_builds(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "gone"
    assert [remark.stops_builds for remark in review.remarks()] == [True]


def test_a_part_that_is_down_is_said_with_what_to_do() -> None:
    part = {
        "state": "down",
        "seconds": 1.5,
        "engine": "redis",
        "code": "broker.unreachable",
        "message": "Redis is away.",
    }
    assert list(part_lines("broker", part)) == [
        "broker      down        1.500 s  redis",
        "          Redis is away. Check that Redis runs and that REDIS_URL is right.",
    ]


@pytest.mark.django_db(transaction=True)
def test_it_exits_with_1_only_for_what_stops_builds() -> None:
    def told() -> tuple[int, dict[str, Any]]:
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", "--json", "--quick", stdout=out)
        return int(str(ended.value.code)), json.loads(out.getvalue())

    Worker.objects.all().delete()
    status, found = told()
    assert (status, found["ok"], found["parts"]["workers"]["code"]) == (1, False, "workers.none")
    assert found["parts"]["migrations"]["engine"] == "all applied"
    Presence().beat()
    health.CHECKS["workers"].forget()
    status, found = told()
    assert (status, found["ok"]) == (0, True)
