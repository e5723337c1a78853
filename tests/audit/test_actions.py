"""Every action has a sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from audit import actions

ROOT = Path(actions.__file__).parent.parent
ROOMS = ("agentsite", "audit", "builds", "memory", "telegram_link")
WRITERS = {"record", "record_rarely", "_audit", "_record", "_note", "_tell", "note", "_close"}
MADE_UP: dict[str, tuple[str, ...]] = {
    "analysis.{}": ("analysis.completed", "analysis.failed", "analysis.cancelled"),
    "approval.{}": ("approval.approved", "approval.rejected", "approval.expired", "approval.withdrawn"),
    "build.{}": ("build.completed", "build.failed"),
    "memory.{}_{}": tuple(
        f"memory.{kind}_{what}" for kind in ("build", "passage") for what in ("excluded", "included")
    ),
}
"""What stands in the code with holes in it."""
_ACTION = re.compile(r"[a-z]+\.[a-z_{}]+")


def written() -> set[str]:
    """Return every action that the code writes: the first argument of what writes entries, and names given to it."""
    found: set[str] = set()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "cookbook" not in path.parts:
                found |= set(_in(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def _in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in WRITERS:
            yield from (text for each in node.args[:2] for text in _texts(each))
        elif isinstance(node, ast.Assign) and _name(node.targets[0]) == "action":
            yield from _texts(node.value)


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    text = ""
    if isinstance(node, ast.Constant):
        text = str(node.value)
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if _ACTION.fullmatch(text):
        yield from MADE_UP.get(text, (text,))


def test_every_action_has_a_sentence() -> None:
    found = written()
    assert len(found) > 90
    assert found - set(actions.SENTENCES) == set()


def test_no_sentence_is_left_over() -> None:
    assert set(actions.SENTENCES) - written() == set()


def test_an_action_of_another_version_is_called_by_its_name() -> None:
    assert actions.sentence("door.painted") == "door.painted"
    assert actions.sentence("user.logged_in") == "Logged in"
