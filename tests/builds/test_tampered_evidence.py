"""Whatever is changed in an archive's evidence is a difference, and what can't be one build's archive is refused."""

import io
import json
import warnings
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from builds import archive, evidence, verifying
from builds.agent import verdict
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.scripted.toolchain import ScriptedToolchain
from builds.agent.tree import manifest, tree_hash
from builds.agent.values import ControlReport, Example, JsonDict, TestReport, TestResult
from builds.models.evidence import EvidenceKind

SLUG = Example(expression="slug('A')", expected="'a'", function="slug", source="slug('A') -> 'a'")
TREE = {"slugs.py": "def slug(text): return text.lower()\n", "test_slugs.py": "def test_a(): ...\n"}
TREE |= ScriptedToolchain([]).acceptance_tests([SLUG], TREE)
CONTROL = ControlReport(outcome="held", sensitive=("test_slugs.py::test_a",), mutants_possible=3, mutants_run=3)
RAN = TestReport(
    outcome="passed",
    tests=tuple(
        TestResult(id=name, path=name.partition("::")[0], outcome="passed")
        for name in ("test_acceptance.py::test_example_1", "test_slugs.py::test_a")
    ),
)


def toolchain(control: ControlReport = CONTROL) -> ScriptedToolchain:
    return ScriptedToolchain([RAN], control=control)


def document(control: ControlReport = CONTROL, **history: object) -> JsonDict:
    """Return honest evidence as JSON."""
    claims = evidence.Claims.model_validate({"changed_tests": [], "lost_tests": False, "examples": [SLUG], **history})
    state = verifying.seen_now(toolchain(control), TREE, evidence.Document(claims=claims))
    rows = [row for row in evidence_rows(state) if row["kind"] != EvidenceKind.INDEPENDENCE]
    return evidence.Document(
        language="python",
        verification=verdict.verification(state),
        tree_hash=tree_hash(TREE),
        files=manifest(TREE),
        claims=claims,
        proofs=[evidence.proof(**row) for row in rows],
    ).model_dump(mode="json")


def differing(found: JsonDict, control: ControlReport = CONTROL, tree: dict[str, str] = TREE) -> list[str]:
    """Return what differs, as it is told."""
    stored = evidence.read(json.dumps(found).encode())
    return [str(row) for row in verifying.checked(toolchain(control), tree, stored) if not row.agrees]


def proof(found: JsonDict, kind: str) -> JsonDict:
    wanted: JsonDict = next(each for each in found["proofs"] if each["kind"] == kind)
    return wanted


def test_honest_evidence_agrees() -> None:
    assert differing(document()) == []
    assert document()["verification"] == "verified"


FAILED = ControlReport(outcome="failed", reason="control.insensitive_tests", insensitive=("test_slugs.py::test_a",))


def test_less_than_verified_agrees_as_well_when_it_says_so() -> None:
    found = document(FAILED)
    assert (found["verification"], differing(found, FAILED)) == ("partly", [])


def test_a_changed_word_is_a_difference() -> None:
    assert differing(document(FAILED) | {"verification": "verified"}, FAILED) == [
        'verification: stored "verified", now "partly"'
    ]


def test_a_changed_flag_is_a_difference() -> None:
    found = document(FAILED)
    proof(found, "negative_control")["passed"] = True
    assert differing(found, FAILED) == ["negative_control: passed: stored true, now false"]


@pytest.mark.parametrize("kind", ["clean_run", "acceptance", "reorder", "negative_control"])
def test_a_proof_that_is_missing_is_named(kind: str) -> None:
    found = document()
    found["proofs"] = [each for each in found["proofs"] if each["kind"] != kind]
    assert any(told.startswith(f"{kind}: the evidence lacks it, here it is") for told in differing(found))


@pytest.mark.parametrize("name", ["changed_tests", "lost_tests", "examples"])
def test_a_claim_that_is_missing_is_named(name: str) -> None:
    found = document()
    del found["claims"][name]
    assert f'claims: {name}: the evidence lacks it, here it is "unknown"' in differing(found)


@pytest.mark.parametrize("name", ["tree_hash", "files", "verification", "claims", "proofs"])
def test_a_field_that_is_missing_is_a_difference(name: str) -> None:
    found = document()
    del found[name]
    assert differing(found)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in verifying.COMPARED.items() for name in names]
)
def test_whatever_the_verdict_depends_on_is_compared(kind: str, name: str) -> None:
    found = document()
    proof(found, kind)["report"][name] = "something else"
    assert any(told.startswith(f"{kind}: {name}: stored ") for told in differing(found))


def test_each_tests_outcome_is_compared() -> None:
    found = document()
    proof(found, "clean_run")["results"]["test_slugs.py::test_a"] = "failed"
    assert differing(found) == ['clean_run: results: \'test_slugs.py::test_a\': stored "failed", now "passed"']


@pytest.mark.parametrize("extra", [{"kind": "clean_run"}, {"kind": "blessing", "passed": True}])
def test_a_proof_too_many_is_a_difference(extra: JsonDict) -> None:
    found = document()
    found["proofs"].append(extra)
    assert any(told.startswith("kinds of proof") for told in differing(found))


def test_a_seed_that_does_not_shuffle_is_replaced() -> None:
    found = document()
    proof(found, "reorder")["report"]["seed"] = 0
    (told,) = differing(found)
    assert told.startswith("reorder: seed: stored 0, now ")


@pytest.mark.parametrize("history", [{"lost_tests": True}, {"changed_tests": ["test_slugs.py"], "examples": []}])
def test_claims_count_for_the_word(history: JsonDict) -> None:
    found = document(**history)
    assert (found["verification"], differing(found)) == ("partly", [])
    assert differing(found | {"verification": "verified"}) == ['verification: stored "verified", now "partly"']


def test_examples_are_written_anew_from_their_words() -> None:
    """The file in the tree is anybody's; it may say that it is the server's."""
    empty = {**TREE, "test_acceptance.py": "def test_example_1(): ...\n"}
    here = toolchain()
    verifying.seen_now(here, empty, evidence.read(json.dumps(document()).encode()))
    assert [tree["test_acceptance.py"] for tree in here.trees_alone] == [TREE["test_acceptance.py"]]


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({**TREE, "more.py": "A = 1\n"}, "files: 'more.py': the evidence lacks it, here it is"),
        ({name: TREE[name] for name in TREE if name != "slugs.py"}, "files: 'slugs.py': stored"),
        ({**TREE, "slugs.py": "A = 1\n"}, "files: 'slugs.py': stored"),
        ({**TREE, "slugs.py": TREE["slugs.py"].replace("\n", "\r\n")}, "files: 'slugs.py': stored"),
    ],
)
def test_a_file_too_many_missing_or_changed_is_named(tree: dict[str, str], told: str) -> None:
    assert any(line.startswith(told) for line in differing(document(), tree=tree))


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, warnings.catch_warnings(action="ignore"):
        for name, content in entries:
            made.writestr(name, content)
    return buffer.getvalue()


SAID = ("evidence.json", json.dumps(document()).encode())
CODE = ("slugs/slugs.py", b"")


def test_a_plain_archive_can_be_read() -> None:
    assert archive.unzipped(zipped(("slugs/", b""), CODE, SAID))[0] == {"slugs.py": ""}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not a zip"),
        (b"not a zip", "not a zip"),
        (zipped(CODE, SAID)[:60], "not a zip"),
        (zipped(SAID), "not in one folder"),
        (zipped(CODE), "has no evidence.json"),
        (zipped(("evil/slugs.py", b""), CODE, SAID), "not in one folder"),
        (zipped(("evil/", b""), CODE, SAID), "folder without files, 'evil/'"),
        (zipped(("slugs.py", b""), CODE, SAID), "not in one folder"),
        (zipped(("../slugs.py", b""), SAID), "not in one folder"),
        (zipped(CODE, CODE, SAID), "'slugs/slugs.py' more than once"),
        (zipped(CODE, SAID, SAID), "'evidence.json' more than once"),
        (zipped(("slugs/../slugs.py", b""), SAID), "files that no build has"),
        (zipped(("slugs/SLUGS.py", b""), CODE, SAID), "files that no build has"),
        (zipped(("slugs/slugs.py", b"\xff"), SAID), "no text"),
        (zipped(("slugs/slugs.py", b"a" * (1 << 20) + b"a"), SAID), "too large"),
        (zipped(CODE, ("evidence.json", b"[]")), "'evidence.json': "),
        (zipped(CODE, ("evidence.json", b"[" * 100_000)), "'evidence.json': "),
        (zipped(CODE, ("evidence.json", b'{"version": 2}')), "'version': "),
        (zipped(CODE, ("evidence.json", b'{"proofs": [{"kind": 1}]}')), "'proofs.0.kind': "),
        (zipped(CODE, ("evidence.json", b'{"claims": {"lost_tests": "no"}}')), "'claims.lost_tests': "),
        (zipped(CODE, ("evidence.json", b'{"language": "\\u001b[2J"}')), "'language': "),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_what_is_no_archive_of_one_build_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "project.zip"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=told) as refused:
        call_command("verify_build", archive=file)
    assert refused.value.returncode == 2


@pytest.mark.sandbox
def test_a_language_that_nobody_knows_cannot_be_checked(tmp_path: Path) -> None:
    file = tmp_path / "project.zip"
    file.write_bytes(zipped(CODE, ("evidence.json", b'{"language": "cobol"}')))
    with pytest.raises(CommandError, match="cobol") as refused:
        call_command("verify_build", archive=file)
    assert refused.value.returncode == 2
