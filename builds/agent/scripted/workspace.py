"""A workspace in memory."""

import json
from hashlib import sha256

from builds.agent.values import Tree


class MemoryWorkspace:
    """Keep each attempt's tree in ``attempts``."""

    def __init__(self) -> None:
        self.attempts: dict[int, dict[str, str]] = {}

    def save(self, attempt: int, tree: Tree) -> str:
        """Store a tree under a number and return its hash; storing the same again changes nothing.

        :raises ValueError: the number already holds another tree.
        """
        if self.attempts.setdefault(attempt, dict(tree)) != dict(tree):
            raise ValueError(f"attempt {attempt} holds another tree")
        return tree_hash(tree)

    def load(self, attempt: int) -> Tree:
        """Return the tree stored under a number.

        :raises KeyError: nothing is stored under it.
        """
        return dict(self.attempts[attempt])


def tree_hash(tree: Tree) -> str:
    """Return a hash that any change of a path or a text changes."""
    return sha256(json.dumps(sorted(tree.items())).encode()).hexdigest()
