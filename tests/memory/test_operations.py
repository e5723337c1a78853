"""What the operator sees, and what importing costs."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from agentsite.accounts.models import User
from audit.models import AuditLog
from memory import engine
from memory.chroma import ChromaIndex
from memory.embeddings import HashingEmbedder
from memory.engine import Engine
from memory.models.vectors import VectorMemory
from memory.tasks import follow_index
from tests.memory.conftest import Store

SETUP = "import sys, django; django.setup(); print(sorted({'chromadb', 'numpy', 'httpx'} & set(sys.modules)))"


def test_the_command_brings_the_index_up_and_says_how_far_it_is(owner: User, store: Store) -> None:
    store(owner, "x = 1")
    out = StringIO()
    call_command("reindex_memory", stdout=out)
    assert "0 passages indexed" in out.getvalue()
    call_command("reindex_memory", "--from-scratch", stdout=out)
    assert "1 of 1" in out.getvalue()
    assert "1 passages indexed" in out.getvalue()


@pytest.mark.usefixtures("db")
def test_the_command_says_what_to_do_when_the_index_is_away(tmp_path: Path) -> None:
    away = ChromaIndex("hashing-2-512", directory=tmp_path, url="http://127.0.0.1:9")
    with engine.using(Engine(HashingEmbedder(), away)), pytest.raises(CommandError, match="CHROMA_URL does not answer"):
        call_command("reindex_memory")


def test_the_console_shows_passages_and_changes_none(operator: User, store: Store, client: Client) -> None:
    store(None, "def shared(): pass")
    row = VectorMemory.objects.get()
    client.force_login(operator)
    assert "module: shared" in client.get("/admin/memory/vectormemory/").content.decode()
    page = f"/admin/memory/vectormemory/{row.id}"
    assert client.get(f"{page}/change/").status_code == 200
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert client.post("/admin/memory/vectormemory/add/").status_code == 403


def test_starting_django_imports_no_chroma(tmp_path: Path) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "agentsite.settings", "AGENTSITE_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SETUP], env=environment, capture_output=True, text=True, check=True)
    assert "chromadb" not in done.stdout


def test_the_overview_counts_each_collection_and_searches_as_somebody(
    operator: User, owner: User, store: Store, client: Client
) -> None:
    store(owner, "def to_roman(): 'numerals'")
    client.force_login(operator)
    page = client.get("/admin/memory/vectormemory/overview/", {"owner": owner.username, "q": "roman numerals"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "module: to_roman" in text
    assert "words 0." in text
    entry = AuditLog.objects.get(action="memory.searched")
    assert (entry.user, entry.details["door"], entry.details["of"]) == (operator, "admin", owner.id)
    wrong = client.get("/admin/memory/vectormemory/overview/", {"owner": "nobody", "q": "roman"})
    assert "There is no such user." in wrong.content.decode()


def test_the_index_can_be_made_again_by_a_button(
    operator: User, owner: User, store: Store, client: Client, memory_engine: Engine
) -> None:
    store(owner, "def to_roman(): 'numerals'")
    memory_engine.index.clear()
    client.force_login(operator)
    answer = client.post("/admin/memory/vectormemory/reindex/", follow=True)
    assert "1 passages are put into the index again" in answer.content.decode()
    assert AuditLog.objects.filter(action="memory.reindex_requested").exists()
    assert follow_index() == "1 passages added, 0 removed"
    assert memory_engine.index.count("code") == 1


def test_the_overview_is_the_operators_alone(owner: User, client: Client) -> None:
    client.force_login(owner)
    assert client.get("/admin/memory/vectormemory/overview/").status_code == 302
    assert client.post("/admin/memory/vectormemory/reindex/").status_code == 302
    assert not AuditLog.objects.exists()
