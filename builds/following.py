"""Following a build from a terminal, whoever runs it."""

import time
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import connections

from builds import selectors
from builds.models.build import Build
from builds.models.run import RunEvent

_LOOK_SECONDS = 0.2


def events_until_final(build_id: UUID, run_id: UUID) -> Iterator[RunEvent]:
    """Yield every event of a build, in order, until the build has ended and all were yielded."""
    seen = 0
    while True:
        is_final = Build.objects.get(id=build_id).is_final
        events = selectors.timeline_after(run_id, seen)
        yield from events
        seen = events[-1].seq if events else seen
        if is_final and not events:
            return
        if not events:
            connections.close_all()
            time.sleep(_LOOK_SECONDS)


def line(event: RunEvent) -> str:
    """Say one event in a short line; empty for what needs no line."""
    told = event.payload
    words: dict[str, Callable[[], str]] = {
        "build.started": lambda: f"model {told['model']}, sandbox {told['sandbox'].get('backend')}",
        "build.continued": lambda: f"goes on with {told['node']}, {told['effects']} results are there",
        "build.forked": lambda: f"starts from attempt {told['attempt']} of {told['parent']}",
        "build.resumed": lambda: f"resumed, attempt {told['attempt']}",
        "build.waiting": lambda: f"waiting for the provider until {told['until']} ({told['code']})",
        "node.started": lambda: event.node,
        "examples.found": lambda: f"  {told['count']} examples become acceptance tests" if told["count"] else "",
        "plan.proposed": lambda: f"  files: {', '.join(row['path'] for row in told['files'])}",
        "files.changed": lambda: f"  attempt {told['attempt']}: {', '.join(told['paths'])}",
        "tests.ran": lambda: f"  {told['passed']} of {told['total']} tests passed {told['reason'] or ''}",
        "examples.ran": lambda: f"  {told['passed']} of {told['total']} examples passed by themselves {told['reason']}",
        "control.ran": lambda: f"  sensitivity {told['sensitivity_percent']} %",
        "analysis.finished": lambda: f"  quality {told['quality_score']}, security {told['security_score']}",
        "verdict.reached": lambda: f"  {told['verification']}",
        "cancel.requested": lambda: "  cancel requested",
    }
    say = words.get(event.kind)
    return say() if say else ""
