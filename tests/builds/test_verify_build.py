"""Evidence can be checked again, from the database or from the archive alone, and can't be talked round."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agentsite.accounts.models import User
from builds import archive, downloads, evidence, selectors, verifying
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.state import State
from builds.agent.tree import manifest, tree_hash
from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests import factories
from tests.contract.forgeries_examples import FOUR
from tests.contract.projects import HONEST, ROMAN

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
BLIND = {**HONEST, "test_roman.py": "import roman\n\ndef test_four() -> None:\n    assert True\n"}
NO_SEEDS = evidence.Document(claims=evidence.Claims(changed_tests=[], lost_tests=False, examples=[FOUR]))


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def proved(toolchain: PythonToolchain) -> tuple[dict[str, str], State]:
    tree = {**HONEST, **toolchain.acceptance_tests([FOUR], HONEST)}
    return tree, verifying.seen_now(toolchain, tree, NO_SEEDS)


@pytest.fixture
def build(owner: User, proved: tuple[dict[str, str], State]) -> Build:
    tree, state = proved
    made, claim = factories.running(owner)
    made.verification = "verified"
    made.save()
    stored = factories.save(made, claim, 3, tree)
    for row in evidence_rows(state):
        Evidence.objects.create(build=made, tree_hash=stored, **row)
    return made


def zip_of(build: Build) -> bytes:
    return downloads.named_zip(build, selectors.files_of(build.id))[0]


def written(file: Path, tree: dict[str, str], found: JsonDict) -> Path:
    """Write an archive whose evidence goes with its files, as a forger would."""
    found = found | {"tree_hash": tree_hash(tree), "files": manifest(tree)}
    entries = [*((f"roman/{path}", text) for path, text in tree.items()), ("evidence.json", json.dumps(found))]
    with zipfile.ZipFile(file, "w") as forged:
        for name, text in entries:
            forged.writestr(name, text)
    return file


def exit_code(*words: str, **options: Any) -> int:
    try:
        call_command("verify_build", *words, **options)
    except CommandError as error:
        return error.returncode
    return 0


def test_stored_evidence_agrees(build: Build) -> None:
    assert exit_code(str(build.id)) == 0


def test_the_archive_alone_is_enough(build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "project.zip"
    file.write_bytes(zip_of(build))
    Build.objects.all().delete()
    assert exit_code(archive=file) == 0
    shown = capsys.readouterr().out
    assert "The evidence agrees: verified." in shown
    assert "have to believe it: all examples of the request: 'to_roman(4)'" in shown


def test_evidence_holds_the_examples_by_themselves(build: Build) -> None:
    _tree, found = archive.unzipped(zip_of(build))
    proof = next(proof for proof in found.proofs if proof.kind == "acceptance")
    assert (proof.passed, proof.report["paths"]) == (True, ["test_acceptance.py"])
    assert proof.results == {"test_acceptance.py::test_example_1": "passed"}


def test_what_no_run_can_show_is_labelled_as_a_claim(build: Build) -> None:
    _tree, found = archive.unzipped(zip_of(build))
    assert (found.claims.changed_tests, found.claims.lost_tests, found.claims.examples) == ([], False, [FOUR])
    assert "Nobody can find out from the files" in found.claims.about


def without_control(found: JsonDict) -> None:
    found["proofs"] = [proof for proof in found["proofs"] if proof["kind"] != "negative_control"]


def nothing(_found: JsonDict) -> None:
    pass


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (without_control, 'negative_control: the evidence lacks it, here it is "failed"'),
        (nothing, 'negative_control: reason: stored "", now "control.insensitive_tests"'),
    ],
)
def test_a_control_that_does_not_hold_is_found_out(
    build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str], forge: Callable[[JsonDict], None], told: str
) -> None:
    tree, stored = archive.unzipped(zip_of(build))
    found = stored.model_dump(mode="json")
    forge(found)
    file = written(tmp_path / "forged.zip", {**tree, **BLIND}, found)
    assert exit_code(archive=file) == 1
    shown = capsys.readouterr().out
    assert told in shown
    assert 'DIFFERS  verification: stored "verified", now "partly"' in shown


def test_examples_that_hold_only_beside_the_models_tests_are_found_out(
    build: Build, toolchain: PythonToolchain
) -> None:
    """The code is right only because a test puts it right."""
    right = "import roman\nroman.to_roman = lambda number: {4: 'IV'}[number]\n"
    sly = {"roman.py": ROMAN.replace('"IV"', '"IIII"')}
    sly["test_roman.py"] = f"{right}\ndef test_four():\n    assert roman.to_roman(4) == 'IV'\n"
    tree = {**sly, **toolchain.acceptance_tests([FOUR], HONEST)}
    _tree, stored = archive.unzipped(zip_of(build))
    rows = {row.name: row for row in verifying.checked(toolchain, tree, stored)}
    assert (rows["acceptance: outcome"].stored, rows["acceptance: outcome"].found) == ("passed", "failed")
    assert rows["verification"].found == "unverified"


@pytest.mark.parametrize("words", [[], ["0199aaaa-0000-7000-8000-000000000000"]])
def test_without_evidence_there_is_nothing_to_check(words: list[str]) -> None:
    assert exit_code(*words) == 2
