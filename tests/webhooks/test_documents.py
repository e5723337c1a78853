"""What docs/webhooks.md says is what the code does."""

import re
from pathlib import Path
from typing import Any

from builds.webhooks import outcomes, signing
from builds.webhooks.kinds import PUBLIC

TEXT = (Path(__file__).resolve().parents[2] / "docs/webhooks.md").read_text("utf-8")


def test_every_kind_and_every_error_is_in_the_document() -> None:
    rows = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", rows))
    assert told == set(PUBLIC) | set(outcomes.ERRORS)


def test_the_programs_lines_check_a_signature() -> None:
    found = re.search(r"^    import hashlib.*?(?=\n\n[#A-Z])", TEXT, re.DOTALL | re.MULTILINE)
    assert found is not None
    space: dict[str, Any] = {}
    exec("\n".join(line[4:] for line in found[0].splitlines()), space)  # noqa: S102  the document's own lines
    is_ours, now = space["is_from_agentsite"], int(space["time"].time())
    header = signing.signature("agsw_secret", now, b"{}")
    assert is_ours("agsw_secret", header, b"{}")
    assert not is_ours("agsw_secret", header, b"{ }")
    assert not is_ours("agsw_other", header, b"{}")
    assert not is_ours("agsw_secret", signing.signature("agsw_secret", now - 600, b"{}"), b"{}")
    assert not is_ours("agsw_secret", "", b"{}")
