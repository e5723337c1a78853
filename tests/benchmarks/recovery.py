"""How long a build waits for its next worker when its own is killed, at each of its points, with nothing else to do.

It is the chaos scenario ``points``, in an installation of its own; the worst of many builds at once is the storm's.
"""

import secrets
import sys

from tests.chaos import builds
from tests.chaos.scale import LONG


def main() -> int:
    """Kill, wait, print; 1 when a promise was broken."""
    (verdict,) = builds.run(LONG, seed=secrets.randbelow(10_000), only=("points",))
    sys.stdout.write(f"{verdict}\n")
    return int(bool(verdict.broken))


if __name__ == "__main__":
    sys.exit(main())
