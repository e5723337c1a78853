"""What workers take side by side: builds that last minutes must not keep anybody from being answered."""

from dataclasses import dataclass

from builds.models.run import RunKind


@dataclass(frozen=True)
class Lane:
    """Kinds of runs that share places and turns."""

    name: str
    kinds: tuple[str, ...]


WORK = Lane("work", (RunKind.BUILD, RunKind.ANALYSIS, RunKind.DEPLOYMENT))
TALK = Lane("talk", (RunKind.JOB,))
LANES = {lane.name: lane for lane in (WORK, TALK)}
TALK_PLACES = 2
"""Jobs that one process does side by side; each waits for a model most of the time."""
