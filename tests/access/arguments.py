"""What the addresses of doors name, out of what is there."""

from typing import Any

from tests.access.callers import World


def asking_chat(made: World) -> dict[str, Any]:
    return {"secret": made.chat_secret}


def of_build(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id}


def of_analysis(made: World) -> dict[str, Any]:
    return {"analysis_id": made.analysis.id}


def of_file(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "path": "roman.py"}


def shown_file(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "attempt": 1, "path": "roman.py"}


def of_share(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "share_id": made.share}


def of_key(made: World) -> dict[str, Any]:
    return {"key_id": made.key.pk}


def of_api_key(made: World) -> dict[str, Any]:
    return {"pk": made.key.pk}


def of_endpoint(made: World) -> dict[str, Any]:
    return {"endpoint_id": made.delivery.endpoint_id}


def of_delivery(made: World) -> dict[str, Any]:
    return {"endpoint_id": made.delivery.endpoint_id, "delivery_id": made.delivery.pk}


def of_memory(made: World) -> dict[str, Any]:
    return {"memory_id": made.memory.pk}


def of_fact(made: World) -> dict[str, Any]:
    return {"fact_id": made.fact.pk}


def of_attachment(made: World) -> dict[str, Any]:
    return {"attachment_id": made.attachment.pk}


def of_conversation(made: World) -> dict[str, Any]:
    return {"conversation_id": made.conversation.pk}


def of_job(made: World) -> dict[str, Any]:
    return {"job_id": made.job.pk}


def of_approval(made: World) -> dict[str, Any]:
    return {"approval_id": made.approval.pk}


def of_target(made: World) -> dict[str, Any]:
    return {"target_id": made.deployment.target_id}


def of_deployment(made: World) -> dict[str, Any]:
    return {"deployment_id": made.deployment.pk}


def of_repository(made: World) -> dict[str, Any]:
    return {"repository": str(made.deployment.target_id)}


def of_passage(made: World) -> dict[str, Any]:
    return {"passage_id": made.passage.pk}


def of_setting(_made: World) -> dict[str, Any]:
    return {"setting_name": "AGENT_MAX_REPAIRS"}


def of_document(made: World) -> dict[str, Any]:
    return {"name": made.passage.source_file}
