"""A build with ten thousand files: none comes in, and should one be there, it is handed out within bounds."""

import io
import tracemalloc
import zipfile

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds.agent.errors import AgentError
from builds.agent.tree import MAX_FILES, check_tree
from builds.archive import unzipped
from builds.evidence import UnreadableEvidenceError
from builds.models.build import Build
from builds.models.files import Blob, BuildFile
from tests import factories

pytestmark = pytest.mark.django_db
MANY = 10_000


@pytest.fixture
def crowded(owner: User) -> Build:
    """A build into which the files were put past every door."""
    build = factories.completed(owner)
    blob = Blob.objects.create(sha256="f" * 64, content=b"x = 1\n")
    rows = (
        BuildFile(build=build, attempt=3, path=f"package/module_{number}.py", blob=blob, size=6)
        for number in range(MANY)
    )
    BuildFile.objects.bulk_create(rows, batch_size=500)
    return build


def test_no_answer_of_a_model_brings_more_than_a_hundred_files() -> None:
    with pytest.raises(AgentError, match=r"files.too_many"):
        check_tree({f"module_{number}.py": "x = 1\n" for number in range(MAX_FILES + 1)})


def test_no_archive_of_ten_thousand_files_is_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(MANY):
            archive.writestr(f"project/module_{number}.py", "x = 1\n")
        archive.writestr("evidence.json", "{}")
    with pytest.raises(UnreadableEvidenceError, match="too large"):
        unzipped(content.getvalue())


def test_what_is_there_is_handed_out_whole_and_within_bounds(crowded: Build, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    tracemalloc.start()
    archive = client.get(f"/api/v1/builds/{crowded.id}/archive/")
    listed = client.get(f"/api/v1/builds/{crowded.id}/files/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert len(opened.namelist()) == MANY
        assert opened.testzip() is None
    assert len(listed.json()["files"]) == MANY
    assert peak < 64 << 20
