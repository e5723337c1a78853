"""A secret in every place that has one, a server that is led into every fault, and a search through all it left."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from agentsite import env
from tests.flows.servers import ROOT, Server, free_port, running_server, wait_until_final
from tests.stand_ins.bot_api.server import BotApi
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.replies import Json, Reply

pytestmark = pytest.mark.sandbox
BROKEN = "PLANTED"
"""In every planted value, so that one search finds them all."""
KEY = f"sk-proj-{BROKEN}-openai-0123456789"
TOKEN = f"4242:AA{BROKEN}-telegram-0123456789abc"
SECRETS = {
    "DJANGO_SECRET_KEY": f"{BROKEN}-django-0123456789-0123456789-0123456789-0123456789",
    "AGENTSITE_ADMIN_PASSWORD": f"{BROKEN}-admin-0123456789",
    "EMAIL_URL": f"smtp://mailer:{BROKEN}-mail-0123456789@127.0.0.1:1",
    "DATABASE_WEB_PASSWORD": f"{BROKEN}-web-0123456789",
    "REDIS_URL": f"redis://:{BROKEN}-redis-0123456789@127.0.0.1:1/0",
    "AUDIT_SIGNING_KEY": f"{BROKEN}-seals-0123456789-0123456789-0123456789-0123456789",
    "AUDIT_ANCHOR_TOKEN": f"{BROKEN}-anchor-0123456789",
    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={BROKEN}-traces-0123456789",
    "OPENAI_API_KEY": KEY,
    "ANTHROPIC_API_KEY": f"sk-ant-{BROKEN}-0123456789",
    "TRANSCRIPTION_API_KEY": f"sk-{BROKEN}-transcription-0123456789",
    "SANDBOX_TOKEN": f"{BROKEN}-sandbox-0123456789",
    "PROMETHEUS_TOKEN": f"{BROKEN}-metrics-0123456789",
    "TELEGRAM_BOT_TOKEN": TOKEN,
}
DATABASE_URL = f"postgres://someone:{BROKEN}-database-0123456789@127.0.0.1:1/name"
KEPT_ON_PURPOSE = {"builds_webhookendpoint"}
"""Where people enter an address of their own, whatever stands in it."""


def refusals(body: Json) -> Reply:
    """Be a server that repeats what it was shown: first in a refusal, then in the middle of an answer."""
    told = f"no access with {KEY} at https://user:{BROKEN}-provider-0123456789@models.example/v1"
    return Reply(status=400, error=told) if "repeat" not in json.dumps(body) else Reply(f"I was shown {KEY}.")


@dataclass
class Left:
    """What a server left behind."""

    log: str
    tables: dict[str, str]
    answers: str
    prompts: str


@pytest.fixture(scope="module", params=["json", pytest.param("pretty", marks=pytest.mark.thorough)])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Left:
    data_dir = tmp_path_factory.mktemp("data")
    prepared = SECRETS | {"AGENT_MODEL": "openai:any", "LOG_LEVEL": "DEBUG", "LOG_FORMAT": request.param}
    with ModelServer(refusals) as model, BotApi(token="4242:another") as telegram:
        given = prepared | {"OPENAI_BASE_URL": model.openai_url, "TELEGRAM_API_BASE_URL": telegram.url}
        given |= {"PROMETHEUS_ENABLED": "true", "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}
        given |= {"PLANTED_ELSEWHERE": f"{BROKEN}-environment"}
        with running_server(data_dir, **given) as server:
            answers = exercise(server)
        prompts = json.dumps([each.body for each in model.requests])
    log = (data_dir / "server.log").read_text()
    return Left(log, tables_of(data_dir / "agentsite.sqlite3"), answers, prompts)


def exercise(server: Server) -> str:
    """Do what people do, with something secret in each request; return what was answered."""
    headers = {"Authorization": f"Bearer ags_0123456789ab_{BROKEN}-of-a-program", "Cookie": f"sessionid={BROKEN}a1b2c3"}
    said: list[str] = []
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        said += [client.get(path).text for path in ("/api/v1/builds/", "/nothing", "/readyz", "/metrics")]
        client.get(f"/nothing?token={BROKEN}0123456789")  # its page leads back to where one came from
        shown = {"Authorization": f"Bearer {SECRETS['PROMETHEUS_TOKEN']}"}
        said.append(client.get("/metrics", headers=shown).text)
        wrong = {"X-Telegram-Bot-Api-Secret-Token": f"{BROKEN}-of-no-bot"}
        said.append(client.post("/telegram/webhook/", content=b"{", headers=wrong).text)
    with server.logged_in() as client:
        hook = {"url": f"https://127.0.0.1:1/hook?token={BROKEN}0123456789", "kinds": ["build.failed"]}
        assert client.post("/api/v1/webhooks/", json=hook).status_code == 201  # it is answered as it was given
        wanted = {"project_name": "words", "requirements": "Turn words into slugs"}
        build = client.post("/api/v1/builds/", json=wanted).json()
        said.append(json.dumps(wait_until_final(client, build["id"])))
        said.append(client.get(f"/api/v1/builds/{build['id']}/events/").text)
        said.append(client.get(f"/builds/{build['id']}/").text)
        talk = client.post("/api/v1/conversations/", json={}).json()
        message = {"content": "What did you say? Please repeat it."}
        said.append(client.post(f"/api/v1/conversations/{talk['id']}/messages/", json=message).text)
        time.sleep(4)  # the answer, and the bot's refused token
        said.append(client.get(f"/api/v1/conversations/{talk['id']}/messages/").text)
    return "\n".join(said)


def tables_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        read = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}  # noqa: S608
    return {name: repr(rows) for name, rows in read.items() if name not in KEPT_ON_PURPOSE}


def around(text: str) -> list[str]:
    """Return what stands around each planted value that got through."""
    return [text[max(0, found.start() - 150) : found.end() + 40] for found in re.finditer(BROKEN, text)]


def test_every_secret_there_is_was_planted() -> None:
    assert {setting.name for setting in env.TABLE if setting.is_secret} == {*SECRETS, "DATABASE_URL"}


def test_the_server_was_led_into_its_faults(left: Left) -> None:
    assert "model.rejected" in left.tables["builds_build"]
    assert "run.failed" in left.log
    assert "connection.failed" in left.tables["builds_webhookdelivery"]
    assert "Telegram does not know this bot" in left.log
    assert "unreachable" in left.log
    assert left.prompts.count("purpose") > 0


def test_no_secret_stands_in_the_log(left: Left) -> None:
    assert around(left.log) == []


def test_no_secret_stands_in_the_tables(left: Left) -> None:
    assert {name: around(rows) for name, rows in left.tables.items() if BROKEN in rows} == {}


def test_no_secret_was_answered_or_sent_to_a_model(left: Left) -> None:
    assert around(left.answers) == []
    assert around(left.prompts) == []


def test_the_doctor_and_commands_that_fail_keep_theirs(tmp_path: Path) -> None:
    given = {"AGENTSITE_DATA_DIR": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LOG_LEVEL": "DEBUG"}
    given |= SECRETS | {"DATABASE_URL": DATABASE_URL, "AGENT_MODEL": "openai:x"}
    given["OPENAI_BASE_URL"] = f"http://me:{BROKEN}-address@127.0.0.1:{free_port()}/v1"
    for words in (("doctor", "--quick"), ("doctor", "--quick", "--json"), ("prepare",), ("audit_verify",)):
        run = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=given, capture_output=True, text=True, check=False
        )
        assert around(run.stdout + run.stderr) == []
