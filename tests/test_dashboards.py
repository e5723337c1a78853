"""What dashboards and alerts ask for is what there is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from agentsite import health
from agentsite.common.measures import DECLARED
from agentsite.health.check import Check
from agentsite.health.part import ok

ROOT = Path(__file__).resolve().parent.parent
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RUNBOOK = ROOT / "docs/runbook.md"
NAME = re.compile(r"\b(?:agentsite|django)_\w+")
SELECTED = re.compile(r"\b((?:agentsite|django)_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\) \((?:rate|increase)?\(?((?:agentsite)_\w+)")
PARTS = re.compile(r"_(?:bucket|count|sum)$")


def expressions() -> Iterator[str]:
    """Return every question that is asked of Prometheus."""
    yield from (rule["expr"] for rule in RULES)
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            yield from (target["expr"] for target in panel["targets"])


@pytest.mark.django_db
def test_every_metric_that_is_asked_for_is_told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROMETHEUS_ENABLED, settings.PROMETHEUS_TOKEN = True, "a token"
    monkeypatch.setitem(health.CHECKS, "sandbox", Check("sandbox", lambda: ok("scripted")))
    text = Client().get("/metrics", headers={"Authorization": "Bearer a token"}).content.decode()
    told = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    names = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(names) > 40
    told |= {f"{name}_{part}": "" for name, kind in told.items() if kind == "histogram" for part in PARTS_OF_HISTOGRAMS}
    assert names - set(told) == set()


PARTS_OF_HISTOGRAMS = ("bucket", "count", "sum")


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    wrong = [
        (name, label)
        for expression in expressions()
        for name, given in [*SELECTED.findall(expression), *((each, by) for by, each in GROUPED.findall(expression))]
        for label in re.findall(r"(?:^|, *)(\w+)", given)
        if (known := DECLARED.get(PARTS.sub("", name))) and label not in {*known.labels, "le"}
    ]
    assert wrong == []


def test_every_metric_of_ours_is_shown_somewhere() -> None:
    asked = {PARTS.sub("", name) for expression in expressions() for name in NAME.findall(expression)}
    assert set(DECLARED) - asked == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_every_alert_is_in_the_runbook() -> None:
    heads = re.findall(r"^#+ (\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)
    assert [rule["alert"] for rule in RULES if rule["alert"] not in heads] == []


def test_dashboards_are_found_by_ids_of_their_own() -> None:
    ids = [json.loads(path.read_text("utf-8"))["uid"] for path in DASHBOARDS]
    assert len(set(ids)) == len(ids) == 4
