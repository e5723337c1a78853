"""What stays of a workflow in the row of its build, in the transaction that ends it."""

from agentsite.common.texts import storable
from builds import failures
from builds.agent.state import State as GraphState
from builds.models.analysis import REPORTED, CodeAnalysis
from builds.models.build import Build
from builds.workspace import stored_tree


def keep_results(build: Build, state: GraphState) -> None:
    """Put what the workflow found out into a build that is saved afterwards."""
    build.verification = state.get("verification", build.verification)
    build.proofs = state.get("proofs", [])
    build.test_results = state.get("clean_run") or state.get("report") or {}
    build.build_logs = str(build.test_results.get("output", ""))
    plan_files = state.get("plan", {}).get("files")
    tree = stored_tree(build.id, state.get("attempt", 0))
    first = [str(row["path"]) for row in plan_files if isinstance(row, dict)] if isinstance(plan_files, list) else []
    build.generated_code = next((tree[path] for path in first if path in tree), "")
    build.summary = str(state.get("analysis", {}).get("problem", ""))


def keep_error(build: Build, code: str, details: dict[str, object]) -> None:
    """Put why it failed into a build that is saved afterwards."""
    build.error_code = code
    build.error_details = storable(details)
    build.error_message = failures.message(code, build.error_details)


def keep_analysis(build: Build, state: GraphState) -> None:
    """Store the review as the analysis of a build, where there was one."""
    review = state.get("review")
    if not review:
        return
    duration = review["duration_seconds"]
    CodeAnalysis.objects.create(
        user_id=build.user_id,
        build=build,
        language=build.language,
        code_to_analyze=build.generated_code,
        analysis_duration_ms=round(float(duration) * 1000) if isinstance(duration, int | float) else 0,
        **{name: review[name] for name in REPORTED},
    )
