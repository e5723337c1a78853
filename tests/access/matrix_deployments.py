"""What everybody is answered at the doors of deployments."""

from typing import Any

from tests.access.callers import World
from tests.access.matrix import (
    _NO_KEYS,
    API_ANYBODY,
    API_CREATE,
    API_HOOK_ENDS,
    API_HOOK_TELLS,
    API_OWN_HOOK,
    BRING_PAGE,
    FORK_PAGE,
    OWN_KEY_ENDS,
    OWN_PAGE,
    PAGE,
    Row,
    _answers,
    _build,
    _people,
    _same,
)

NO_ID = "01900000-0000-7000-8000-000000000000"


def _target(made: World) -> dict[str, Any]:
    return {"target_id": made.deployment.target_id}


def _deployment(made: World) -> dict[str, Any]:
    return {"deployment_id": made.deployment.pk}


def _repository(made: World) -> dict[str, Any]:
    return {"repository": str(made.deployment.target_id)}


DEPLOY = _answers(keys=_NO_KEYS, **_people("400", "404", "404", "404", "403"))
"""Without a target the form comes back."""
API_DEPLOY = _answers(keys="401 400 400 401 401 403", **_people("400", "400", "400", "400", "400"))
"""Of no build: the answer to a good request is in tests/deployments/test_api.py."""
CLONES = _answers(keys="401 404 404 401 401 401", **_people("404", "404", "404", "404", "404"))
"""There is a target of the owner's, and no repository yet; a real one is in tests/flows/test_deployments.py."""

ROWS = (
    Row("builds:deployments", "get", PAGE),
    Row("builds:deployments", "post", BRING_PAGE, body={"name": "staging", "branch": "main"}),
    Row("builds:deployment_target", "get", OWN_PAGE, _target),
    Row("builds:deployment_target", "post", OWN_KEY_ENDS, _target, body={"name": "staging"}),
    Row("builds:delete_target", "post", OWN_KEY_ENDS, _target),
    Row("builds:deployment", "get", OWN_PAGE, _deployment),
    Row("builds:deployment_panel", "get", OWN_PAGE, _deployment),
    Row("builds:cancel_deployment", "post", OWN_KEY_ENDS, _deployment, is_running=True),
    Row("builds:retry_deployment", "post", OWN_KEY_ENDS, _deployment),
    Row("builds:roll_back", "post", OWN_KEY_ENDS, _deployment),
    Row("builds:deploy", "get", FORK_PAGE, _build),
    Row("builds:deploy", "post", DEPLOY, _build),
    Row("builds:git_refs", "get", CLONES, _repository, body={"service": "git-upload-pack"}),
    Row("builds:git_upload", "post", CLONES, _repository),
    Row("builds:git_receive", "post", _same("403"), _repository),
    Row("target-api-list", "get", API_ANYBODY),
    Row("target-api-list", "post", API_CREATE, body={"name": "staging"}),
    Row("target-api-detail", "get", API_OWN_HOOK, _target),
    Row("target-api-detail", "patch", API_OWN_HOOK, _target, body={"is_archived": True}),
    Row("target-api-detail", "delete", API_HOOK_ENDS, _target),
    Row("deployment-api-list", "get", API_ANYBODY),
    Row("deployment-api-list", "post", API_DEPLOY, body={"build": NO_ID, "target": NO_ID}),
    Row("deployment-api-detail", "get", API_OWN_HOOK, _deployment),
    Row("deployment-api-events", "get", API_OWN_HOOK, _deployment),
    Row("deployment-api-diff", "get", API_OWN_HOOK, _deployment),
    Row("deployment-api-cancel", "post", API_OWN_HOOK, _deployment, is_running=True),
    Row(
        "deployment-api-retry",
        "post",
        _answers(keys="401 409 409 401 401 403", **_people("409", "404", "404", "404", "404")),
        _deployment,
    ),
    Row("deployment-api-rollback", "post", API_HOOK_TELLS, _deployment),
)
