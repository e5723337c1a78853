"""Evidence can be checked again, from the database or from the archive alone."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agentsite.accounts.models import User
from builds import downloads, selectors, verifying
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.nodes.sandboxed import compared
from builds.agent.state import State
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests import factories
from tests.contract.projects import HONEST

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]


@pytest.fixture
def build(owner: User) -> Build:
    made, claim = factories.running(owner)
    tree_hash = factories.save(made, claim, 3, HONEST)
    toolchain = PythonToolchain(choose_sandbox())
    clean_run = toolchain.run_tests(HONEST)
    state = State(
        clean_run=clean_run.model_dump(mode="json"),
        reorder=compared(clean_run, toolchain.run_tests(HONEST, seed=5)).model_dump(mode="json"),
        control=toolchain.negative_control(HONEST, seed=5).model_dump(mode="json"),
    )
    for row in evidence_rows(state):
        Evidence.objects.create(build=made, tree_hash=tree_hash, **row)
    return made


def zip_of(build: Build) -> bytes:
    return bytes(downloads.zip_file(build, selectors.files_of(build.id)).content)


def test_stored_evidence_agrees(build: Build) -> None:
    call_command("verify_build", str(build.id))


def test_the_archive_alone_is_enough(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "project.zip"
    file.write_bytes(zip_of(build))
    Build.objects.all().delete()
    call_command("verify_build", archive=file)


def test_a_changed_file_is_found_out(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "project.zip"
    with zipfile.ZipFile(io.BytesIO(zip_of(build))) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"IV"), ', b'"IIII"), '))
    with pytest.raises(CommandError, match="does not agree"):
        call_command("verify_build", archive=file)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip"])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(verifying.UnreadableArchiveError):
        verifying.read_archive(content)
