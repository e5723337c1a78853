"""The documents for operators against what they are about."""

import re
from pathlib import Path

import pytest

from agentsite.health import words
from tests.composition import ROOT

RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
ALERTS = ROOT / "deploy/alerts.yml"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))


@pytest.mark.skipif(not ALERTS.exists(), reason="there are no alerts here")
def test_every_alert_has_its_place_in_the_runbook_and_nothing_else_has() -> None:
    alerts = re.findall(r"^ *- alert: (\w+)$", ALERTS.read_text("utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)) == sorted(alerts)


def test_every_place_says_what_it_means_where_to_look_and_what_to_do() -> None:
    alerts = RUNBOOK.split("# Alerts\n", 1)[1].split("\n# Parts", 1)[0].split("\n## ")[1:]
    for alert in alerts:
        assert ("**Means**" in alert, "**Do" in alert, "**Worry" in alert) == (True, True, True), alert[:40]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_code_of_a_part_has_a_sentence_and_an_advice() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "agentsite/health").glob("*.py"))
    named = set(re.findall(r'"((?:part|database|broker|workers|bot|disk|audit)\.[a-z_]+)"', source))
    assert named == {code for code in words.TABLE if not code.startswith("memory.")}


@pytest.mark.parametrize("unit", UNITS, ids=lambda each: each.stem)
def test_a_unit_runs_something_that_exists_as_an_ordinary_user(unit: Path) -> None:
    lines = dict(line.split("=", 1) for line in unit.read_text("utf-8").splitlines() if "=" in line)
    program, *given = lines["ExecStart"].split()
    assert (ROOT / program.removeprefix("/srv/agentsite/")).exists()
    if given[0] == "manage.py":
        assert list(ROOT.glob(f"*/management/commands/{given[1]}.py"))
    assert lines["User"].startswith("agentsite")
    assert lines["NoNewPrivileges"] == "yes"
    assert lines["UMask"] == "0077"


def test_only_what_makes_sandboxes_may_make_namespaces() -> None:
    open_ones = {unit.stem for unit in UNITS if "RestrictNamespaces=yes" not in unit.read_text("utf-8")}
    assert open_ones == {"agentsite-server", "agentsite-sandbox-runner"}
    runner = (ROOT / "deploy/systemd/agentsite-sandbox-runner.service").read_text("utf-8")
    assert "EnvironmentFile=/etc/agentsite/sandbox\n" in runner
    assert "/etc/agentsite/environment" not in runner
