"""What was proved: a strip of words and figures, and the Evidence tab."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from builds.models.build import Build
from builds.models.evidence import Evidence, EvidenceKind
from builds.models.run import RunEvent
from builds.pages.marks import Mark
from builds.pages.reading import count, lines, number, part, plain, rows
from builds.pages.reasons import reason_in_words

_GOOD, _BAD, _MISSING, _SO_FAR = ("check", "good"), ("cross", "bad"), ("dash", "quiet"), ("half", "warn")


def strip(build: Build, events: Sequence[RunEvent]) -> tuple[Mark, ...]:
    """Return each proof with its figures; for a build under way, the last test run."""
    if build.proofs:
        return tuple(_shown(proof) for proof in rows(build.proofs))
    ran = next((event.payload for event in reversed(events) if event.kind == "tests.ran"), None)
    if ran is None:
        return ()
    figures = {"passed": count(ran.get("passed")), "total": count(ran.get("total"))}
    return (Mark(_SO_FAR[0], _("%(passed)d of %(total)d tests pass so far") % figures, "warn"),)


def counted(build: Build) -> tuple[int, int]:
    """Return how many examples and tests of a build passed, of how many."""
    tested = [proof for proof in rows(build.proofs) if proof.get("kind") in {"examples", "tests"}]
    return sum(count(proof.get("passed")) for proof in tested), sum(count(proof.get("total")) for proof in tested)


def _shown(proof: Mapping[str, Any]) -> Mark:
    icon, tone = {"held": _GOOD, "failed": _BAD}.get(str(proof.get("status")), _MISSING)
    tell = _WORDS.get(str(proof.get("kind")))
    return Mark(icon, tell(proof) if tell else str(proof.get("kind", "")), tone)  # type: ignore[arg-type]


def _examples(proof: Mapping[str, Any]) -> str:
    if not count(proof.get("total")):
        return _("no examples in the request")
    words = {
        "held": _("%(passed)d of %(total)d of your examples, run by themselves"),
        "missing": _("%(passed)d of %(total)d of your examples, not run by themselves"),
    }
    return words.get(str(proof.get("status")), _("%(passed)d of %(total)d of your examples")) % _figures(proof)


def _tests(proof: Mapping[str, Any]) -> str:
    return _("%(passed)d of %(total)d tests") % _figures(proof) if count(proof.get("total")) else _("no tests")


def _figures(proof: Mapping[str, Any]) -> dict[str, int]:
    return {"passed": count(proof.get("passed")), "total": count(proof.get("total"))}


def _clean_run(proof: Mapping[str, Any]) -> str:
    words = {"held": _("fresh sandbox run passed"), "failed": _("fresh sandbox run failed")}
    return words.get(str(proof.get("status")), _("no fresh sandbox run"))


def _sensitivity(proof: Mapping[str, Any]) -> str:
    percent = number(proof.get("percent"))
    if percent is None:
        return _("sensitivity unknown")
    return _("sensitivity %(percent)d %%") % {"percent": round(percent)}


def _independence(proof: Mapping[str, Any]) -> str:
    if proof.get("status") == "failed":
        return _("tests were changed to fit")
    return _("tests changed, examples still hold") if proof.get("changed") else _("tests written without the code")


def _reorder(proof: Mapping[str, Any]) -> str:
    words = {"held": _("the same in another order"), "failed": _("other results in another order")}
    return words.get(str(proof.get("status")), _("not run in another order"))


def _mutants(proof: Mapping[str, Any]) -> str:
    figures = {"killed": count(proof.get("killed")), "total": count(proof.get("total"))}
    return _("%(killed)d of %(total)d mutants noticed") % figures if figures["total"] else _("no mutants tried")


def _coverage(proof: Mapping[str, Any]) -> str:
    percent = number(proof.get("percent"))
    return _("coverage unknown") if percent is None else _("coverage %(percent)d %%") % {"percent": round(percent)}


def _analysis(proof: Mapping[str, Any]) -> str:
    quality, security = number(proof.get("quality")), number(proof.get("security"))
    if quality is None and security is None:
        return _("not analysed")
    return _("quality %(quality)s · security %(security)s") % {
        "quality": "–" if quality is None else number_format(quality, 1),
        "security": "–" if security is None else number_format(security, 1),
    }


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "examples": _examples,
    "tests": _tests,
    "independence": _independence,
    "clean_run": _clean_run,
    "reorder": _reorder,
    "sensitivity": _sensitivity,
    "mutants": _mutants,
    "coverage": _coverage,
    "analysis": _analysis,
}


def in_words(build: Build) -> str:
    """Say in a sentence what the verification means."""
    if build.verification == "verified":
        return _("All tests passed in a fresh sandbox, and they notice when the code is replaced by stubs.")
    if build.verification == "partly":
        return _("All tests passed in a fresh sandbox, but another proof below does not hold.")
    if build.status == "cancelled":
        return _("The build was cancelled before anything was proved.")
    if any(proof.get("kind") == "clean_run" and proof.get("status") == "held" for proof in rows(build.proofs)):
        return _("All tests passed together, but the examples of your request do not hold without the model's tests.")
    return _("Nothing was proved: the tests are missing, failed or were not run.")


@dataclass(frozen=True)
class ProofCard:
    """One kept proof and how to repeat it."""

    title: str
    mark: Mark
    meaning: str
    facts: tuple[tuple[str, str], ...]
    command: str
    tree_hash: str
    tools: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    created_at: datetime


def proof_cards(evidence: Sequence[Evidence]) -> tuple[ProofCard, ...]:
    """Return the kept proofs for the page."""
    return tuple(_card(proof) for proof in evidence)


def _card(proof: Evidence) -> ProofCard:
    meaning, steps = _MEANINGS.get(proof.kind, _clean_run_words)()
    return ProofCard(
        title=proof.get_kind_display(),
        mark=Mark("check", _("holds"), "good") if proof.passed else Mark("cross", _("does not hold"), "bad"),
        meaning=meaning,
        facts=tuple(_facts(proof.report)),
        command=" ".join(lines(proof.report.get("command"))),
        tree_hash=proof.tree_hash,
        tools=tuple((str(name), str(version)) for name, version in part(proof.tools).items()),
        steps=steps,
        lists=tuple((title, names) for title, names in _lists(proof.report) if names),
        created_at=proof.created_at,
    )


def _clean_run_words() -> tuple[str, tuple[str, ...]]:
    return _("The stored files were tested once more in a sandbox in which nothing else had run."), (
        _("Download the zip and unpack it into an empty folder."),
        _("Run the tests there: python -m pytest, or node --test for JavaScript and TypeScript."),
        _("Every test must pass. The tree hash below names exactly these files."),
    )


def _acceptance_words() -> tuple[str, tuple[str, ...]]:
    return _("The examples of the request were run in a sandbox of their own, without any test that a model wrote."), (
        _("Download the zip, unpack it, and delete every test file but the one with “acceptance” in its name."),
        _("Run the tests there: python -m pytest, or node --test for JavaScript and TypeScript."),
        _("Each example must pass; the server wrote them from the words of the request."),
    )


def _control_words() -> tuple[str, tuple[str, ...]]:
    return _("The same tests were run on code replaced by stubs. A test that still passes notices nothing."), (
        _("Replace the body of each public function by an error, or by a return of nothing."),
        _("Run the tests again: those that notice must fail now."),
    )


def _reorder_words() -> tuple[str, tuple[str, ...]]:
    return _("The same tests were run once more, shuffled and with another hash seed."), (
        _("Shuffle the tests with the seed below and run them again with PYTHONHASHSEED set to it."),
        _("Each test must end as before; one that does not is flaky."),
    )


def _independence_words() -> tuple[str, tuple[str, ...]]:
    return _("The server noted who wrote the tests, and what became of them. That can't be run again."), (
        _("Read under Changes what each repair did to the tests."),
        _("Compare the examples in evidence.json with the words of your request."),
    )


def _deployment_words() -> tuple[str, tuple[str, ...]]:
    return _("The tests were run on a fresh checkout of what was put onto a branch."), (
        _("Clone the branch, or fetch the commit, into an empty folder."),
        _("Run the tests there: python -m pytest, or node --test for JavaScript and TypeScript."),
        _("Every test must pass. The tree hash below names these files without evidence.json."),
    )


_MEANINGS: dict[str, Callable[[], tuple[str, tuple[str, ...]]]] = {
    EvidenceKind.ACCEPTANCE: _acceptance_words,
    EvidenceKind.DEPLOYMENT: _deployment_words,
    EvidenceKind.INDEPENDENCE: _independence_words,
    EvidenceKind.NEGATIVE_CONTROL: _control_words,
    EvidenceKind.REORDER: _reorder_words,
}


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tests = rows(report.get("tests"))
    if tests:
        passed = sum(test.get("outcome") == "passed" for test in tests)
        yield _("Tests"), _("%(passed)d of %(total)d passed") % {"passed": passed, "total": len(tests)}
    if (percent := number(report.get("sensitivity_percent"))) is not None:
        yield _("Tests that notice"), f"{percent:.0f} %"
    if tried := count(report.get("mutants_run")):
        figures = {"killed": count(report.get("mutants_killed")), "total": tried}
        yield _("Mutants noticed"), _("%(killed)d of %(total)d") % figures
    if seed := count(report.get("seed")):
        yield _("Seed"), str(seed)
    if (exit_code := number(report.get("exit_code"))) is not None:
        yield _("Exit code"), f"{exit_code:.0f}"
    if report.get("reason"):
        yield _("Reason"), reason_in_words(str(report["reason"]))


def _lists(report: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    failing = [test for test in rows(report.get("tests")) if test.get("outcome") != "passed"]
    yield _("Tests that did not pass"), tuple(f"{test.get('id')} {plain(test.get('message', ''))}" for test in failing)
    yield _("Tests that a repair changed"), tuple(lines(report.get("changed_tests")))
    yield _("Tests that noticed nothing"), tuple(lines(report.get("insensitive")))
    yield _("Flaky tests"), tuple(lines(report.get("flaky")))
    yield _("Mutants that no test noticed"), tuple(lines(report.get("survivors")))
    yield _("Suspicious code"), tuple(lines(report.get("suspicious")))
    yield _("Functions that no noticing test runs"), tuple(lines(report.get("uncovered_functions")))
