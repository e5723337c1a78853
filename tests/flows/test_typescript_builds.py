"""A whole TypeScript build against a model server that speaks the real protocols."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from agentsite.accounts.models import User
from builds import downloads, selectors
from builds.models.evidence import Evidence
from builds.states import State
from tests.contract.javascript_projects import needs_types
from tests.flows.worlds import built, model_server
from tests.stand_ins import typescript

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, needs_types]


def test_a_request_becomes_a_verified_typescript_build_that_can_be_checked_again(
    client: Client, owner: User, tmp_path: Path
) -> None:
    with model_server(typescript.GOOD_BUILD) as server:
        build = built(owner, typescript.REQUEST, language="typescript")
    files = {file.path: file for file in selectors.files_of(build.id)}
    names = {"README.md", "package.json", "tsconfig.json", "slugify.ts", "slugify.test.ts", "acceptance.test.ts"}
    assert (build.status, build.verification, build.error_code) == (State.COMPLETED, "verified", "")
    assert {row.kind: row.passed for row in Evidence.objects.all()} == dict.fromkeys(
        ("clean_run", "acceptance", "independence", "reorder", "negative_control"), True
    )
    assert set(files) == names
    assert (files["slugify.ts"].language, files["slugify.test.ts"].is_test) == ("typescript", True)
    assert build.analysis.quality_score is not None
    asked = json.dumps([request.body for request in server.requests], default=str)
    assert "import type" in asked
    assert "pytest" not in asked

    client.force_login(owner)
    content = client.get(build.get_absolute_url()).content.decode()
    assert all(name in content for name in names)
    assert "node --test" in content
    assert "<li>TypeScript</li>" in content
    archive = tmp_path / "project.zip"
    archive.write_bytes(downloads.named_zip(build, list(files.values()))[0])
    call_command("verify_build", str(build.id))
    call_command("verify_build", archive=archive)
