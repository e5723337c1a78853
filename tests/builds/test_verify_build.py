"""Evidence can be checked again, from the database or from the archive alone."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agentsite.accounts.models import User
from builds import downloads, evidence, selectors, verifying
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.nodes.sandboxed import compared, run_alone, with_reason
from builds.agent.state import State
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests import factories
from tests.contract.forgeries_examples import FOUR
from tests.contract.projects import HONEST, ROMAN

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]


Proved = tuple[dict[str, str], State]


@pytest.fixture(scope="module")
def proved() -> Proved:
    toolchain = PythonToolchain(choose_sandbox())
    acceptance = toolchain.acceptance_tests([FOUR], HONEST)
    tree = {**HONEST, **acceptance}
    clean_run = toolchain.run_tests(tree)
    return tree, State(
        clean_run=clean_run.model_dump(mode="json"),
        acceptance=with_reason(run_alone(toolchain, tree, [*acceptance]), clean_run).model_dump(mode="json"),
        reorder=compared(clean_run, toolchain.run_tests(tree, seed=5)).model_dump(mode="json"),
        control=toolchain.negative_control(tree, seed=5).model_dump(mode="json"),
    )


@pytest.fixture
def build(owner: User, proved: Proved) -> Build:
    tree, state = proved
    made, claim = factories.running(owner)
    tree_hash = factories.save(made, claim, 3, tree)
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


def test_evidence_holds_the_examples_by_themselves(build: Build) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(build))) as archive:
        found = json.loads(archive.read("evidence.json"))
    proof = next(proof for proof in found["proofs"] if proof["kind"] == "acceptance")
    assert proof["passed"]
    assert proof["results"] == {"test_acceptance.py::test_example_1": "passed"}
    assert proof["report"]["paths"] == ["test_acceptance.py"]


def test_examples_that_hold_only_beside_the_models_tests_are_found_out(build: Build) -> None:
    """The code is right only because a test puts it right; everything else in the evidence would agree."""
    sly = {**HONEST, "roman.py": ROMAN.replace('"IV"', '"IIII"')}
    right = "import roman\nroman.to_roman = lambda number: {4: 'IV'}[number]\n"
    sly["test_roman.py"] = f"{right}\ndef test_four():\n    assert roman.to_roman(4) == 'IV'\n"
    toolchain = PythonToolchain(choose_sandbox())
    tree = {**sly, **toolchain.acceptance_tests([FOUR], HONEST)}
    found = evidence.document(build, build.evidence.filter(kind__in=("clean_run", "acceptance")))
    rows = {row.name: (row.stored, row.found) for row in verifying.checked(toolchain, tree, found)}
    assert rows["examples by themselves"] == ("passed", "failed")


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip"])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(verifying.UnreadableArchiveError):
        verifying.read_archive(content)
