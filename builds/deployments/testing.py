"""The tests of a fresh checkout: all of them, and the request's own examples without the others."""

from builds.agent.nodes.sandboxed import run_alone, with_reason
from builds.agent.ports import IsCancelled, Toolchain
from builds.agent.tree import tree_hash
from builds.agent.values import AcceptanceReport, JsonDict, TestReport
from builds.deployments.checkout import Checkout

MAX_FAILING = 20


def tested(toolchain: Toolchain, found: Checkout, *, is_cancelled: IsCancelled) -> JsonDict:
    """Run the tests of what was checked out; return all that is kept of it.

    :raises Cancelled: somebody wants it to stop.
    """
    clean_run = toolchain.run_tests(found.tree, is_cancelled=is_cancelled)
    alone = _examples(toolchain, found, clean_run, is_cancelled)
    is_good = clean_run.outcome == "passed" and bool(clean_run.tests) and (alone is None or alone.outcome == "passed")
    return {
        "passed": is_good,
        "sha": found.sha,
        "tree_hash": tree_hash(found.tree),
        "reason": clean_run.reason or (alone.reason if alone else ""),
        "failing": _failing(clean_run, alone),
        "counts": [sum(test.outcome == "passed" for test in clean_run.tests), len(clean_run.tests)],
        "clean_run": clean_run.model_dump(mode="json"),
        "acceptance": alone.model_dump(mode="json") if alone else None,
    }


def told(stage: str, report: JsonDict) -> JsonDict:
    """Return what an event says of such a report."""
    passed, total = report["counts"]
    about = {name: report[name] for name in ("sha", "reason", "failing")}
    return {"stage": stage, "outcome": "passed" if report["passed"] else "failed", **about} | {
        "passed": passed,
        "total": total,
        "duration_ms": round(float(report["clean_run"]["duration_seconds"]) * 1000),
    }


def _examples(
    toolchain: Toolchain, found: Checkout, clean_run: TestReport, is_cancelled: IsCancelled
) -> AcceptanceReport | None:
    """Run the examples; their tests are written anew, for those in the tree may be anybody's."""
    examples = (found.proved.claims.examples if found.proved else None) or []
    code = {path: text for path, text in found.tree.items() if not toolchain.is_test(path)}
    written = toolchain.acceptance_tests(examples, code) if examples else {}
    if not written:
        return None
    alone = run_alone(toolchain, {**found.tree, **written}, sorted(written), is_cancelled=is_cancelled)
    return with_reason(alone, clean_run)


def _failing(clean_run: TestReport, alone: AcceptanceReport | None) -> list[str]:
    tests = [*clean_run.tests, *(alone.tests if alone else ())]
    return list(dict.fromkeys(test.id for test in tests if test.outcome != "passed"))[:MAX_FAILING]
