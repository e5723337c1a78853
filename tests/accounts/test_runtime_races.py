"""Two operators at the same moment, and the news of it in another process."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, connections

from agentsite.accounts.models import User
from agentsite.accounts.runtime import selectors
from agentsite.accounts.runtime.services import set_setting
from agentsite.common.errors import AppError
from audit.models import AuditLog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
NAME = "AGENT_MAX_REPAIRS"
OPERATORS = 6
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("version", [0, None])
def test_of_operators_at_one_moment_each_change_counts_or_is_refused(version: int | None) -> None:
    start = threading.Barrier(OPERATORS)
    names = [f"operator-{number}" for number in range(OPERATORS)]
    operators = [User.objects.create_superuser(name, password="password") for name in names]

    def change(number: int) -> str:
        start.wait()
        try:
            set_setting(user=operators[number], name=NAME, value=str(10 + number), version=version)
        except AppError as error:
            return error.code
        else:
            return ""
        finally:
            connections.close_all()

    with ThreadPoolExecutor(OPERATORS) as pool:
        outcomes = list(pool.map(change, range(OPERATORS)))
    rows = list(selectors.history(NAME))
    assert set(outcomes) <= {"", "setting.changed_meanwhile"}
    assert [row.number for row in rows] == list(range(len(rows), 0, -1))
    assert len(rows) == outcomes.count("") == AuditLog.objects.filter(action="setting.changed").count()
    assert (len(rows) == 1) if version == 0 else rows
    assert outcomes[int(rows[0].value) - 10] == ""
    assert rows[0].set_by_label == names[int(rows[0].value) - 10]


def test_another_process_follows_a_change_while_it_runs() -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from django.conf import settings; settings.DATABASES['default']['NAME'] = sys.argv[1]\n"
        "from django.db import connection; connection.settings_dict['NAME'] = sys.argv[1]\n"
        "from agentsite.accounts.runtime import reading\n"
        "from agentsite.accounts.runtime.table import AGENT_MAX_REPAIRS\n"
        "reading.KEPT_SECONDS = 0.1\n"
        "print(AGENT_MAX_REPAIRS.now(), flush=True)\n"
        "while AGENT_MAX_REPAIRS.now() != 13: pass\n"
        "print(AGENT_MAX_REPAIRS.now(), flush=True)\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", code, str(connection.settings_dict["NAME"])]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "3\n"
        set_setting(user=None, name=NAME, value="13")
        assert process.stdout.readline() == "13\n"
        assert process.wait(timeout=30) == 0
