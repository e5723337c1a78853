"""How pytest is started in the sandbox."""

from builds.agent.values import Tree
from builds.toolchains.python.layout import code_files
from builds.toolchains.running import Driver, Orders

DRIVER = ("/runtime/bin/python", "-s", "-P", "-B", "/driver/run_tests.py")
"""As isolated as with ``-I``, but for the hash seed: the sandbox's environment is our own."""
PYTEST = ("python", "-I", "-m", "pytest")
MAX_HASH_SEED = 1 << 32


def driver_for(tree: Tree, orders: Orders) -> Driver:
    """Say how a tree is tested; of the orders its code sees the hash seed only, until it has been imported."""
    hash_seed = orders.seed % MAX_HASH_SEED
    return Driver(
        argv=("/usr/bin/env", f"PYTHONHASHSEED={hash_seed}", *DRIVER),
        command=PYTEST,
        files={"code": code_files(tree), "python": sorted(path for path in tree if path.endswith(".py"))},
        hash_seed=hash_seed,
    )
