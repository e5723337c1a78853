"""What everybody is answered at every door. A new door without a row fails a test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.access.callers import CALLERS, World

LOGIN = "login"
"""A redirect to the login."""
HOOK = {"url": "https://example.org/new", "kinds": ["build.failed"]}
TO_REMEMBER = {"memory_type": "learning", "key": "indentation", "value": "four spaces"}
WANTED = {"project_name": "Roman", "requirements": "Roman numerals and back"}
Arguments = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One door: its name in the URL configuration, a method, and an answer for each caller."""

    name: str
    method: str
    answers: Mapping[str, str]
    arguments: Arguments = lambda _: {}
    body: Mapping[str, Any] = field(default_factory=dict)
    is_running: bool = False
    """Whether the build at the door has not ended."""


def _asking_chat(made: World) -> dict[str, Any]:
    return {"secret": made.chat_secret}


def _build(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id}


def _analysis(made: World) -> dict[str, Any]:
    return {"analysis_id": made.analysis.id}


def _file(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "path": "roman.py"}


def _shown_file(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "attempt": 1, "path": "roman.py"}


def _share(made: World) -> dict[str, Any]:
    return {"build_id": made.build.id, "share_id": made.share}


def _key(made: World) -> dict[str, Any]:
    return {"key_id": made.key.pk}


def _api_key(made: World) -> dict[str, Any]:
    return {"pk": made.key.pk}


def _endpoint(made: World) -> dict[str, Any]:
    return {"endpoint_id": made.delivery.endpoint_id}


def _delivery(made: World) -> dict[str, Any]:
    return {"endpoint_id": made.delivery.endpoint_id, "delivery_id": made.delivery.pk}


def _memory(made: World) -> dict[str, Any]:
    return {"memory_id": made.memory.pk}


def _fact(made: World) -> dict[str, Any]:
    return {"fact_id": made.fact.pk}


def _conversation(made: World) -> dict[str, Any]:
    return {"conversation_id": made.conversation.pk}


def _job(made: World) -> dict[str, Any]:
    return {"job_id": made.job.pk}


def _approval(made: World) -> dict[str, Any]:
    return {"approval_id": made.approval.pk}


def _passage(made: World) -> dict[str, Any]:
    return {"passage_id": made.passage.pk}


def _setting(_made: World) -> dict[str, Any]:
    return {"setting_name": "AGENT_MAX_REPAIRS"}


def _document(made: World) -> dict[str, Any]:
    return {"name": made.passage.source_file}


def _answers(*, keys: str, **people: str) -> dict[str, str]:
    """Give people their answers; the six kinds of nobody and of keys stand in ``keys``, in order."""
    everybody = people | dict(zip(CALLERS[5:], keys.split(), strict=True))
    return {caller: everybody[caller] for caller in CALLERS}


def _same(answer: str) -> dict[str, str]:
    return dict.fromkeys(CALLERS, answer)


def _people(owner: str, reader: str, stranger: str, viewer: str, operator: str) -> dict[str, str]:
    return {"owner": owner, "reader": reader, "stranger": stranger, "viewer": viewer, "operator": operator}


OPEN = _same("200") | {"revoked_key": "401", "expired_key": "401"}
"""For everybody; but who shows a key has to show a good one."""
_NO_KEYS = " ".join([LOGIN] * 6)  # pages know no keys: a program is nobody there
PAGE = _answers(keys=_NO_KEYS, **_people("200", "200", "200", "200", "200"))
PROVE_FIRST = _answers(keys=_NO_KEYS, **_people("302", "302", "302", "302", "302"))
"""A session that did not begin with a password just now is asked for it."""
PAGE_OF_A_BUILD = _answers(keys=_NO_KEYS, **_people("200", "200", "404", "404", "200"))
ACT_ON_A_BUILD = _answers(keys=_NO_KEYS, **_people("302", "404", "404", "404", "302"))
ACT_PAGE = _answers(keys=_NO_KEYS, **_people("200", "404", "404", "404", "200"))
FORK_PAGE = _answers(keys=_NO_KEYS, **_people("200", "404", "404", "404", "403"))
OWN_KEY = _answers(keys=_NO_KEYS, **_people("201", "404", "404", "404", "404"))
OWN_KEY_ENDS = _answers(keys=_NO_KEYS, **_people("302", "404", "404", "404", "404"))
MAKE_A_KEY = _answers(keys=_NO_KEYS, **_people("201", "201", "201", "201", "201"))

ANYBODY_CONFIRMS = PAGE
"""The chat that asks is told to whoever is logged in and has its address."""
ANYBODY_ACTS = _answers(keys=_NO_KEYS, **_people("302", "302", "302", "302", "302"))

_READS, _NEEDS_ADMIN = "401 200 200 401 401 403", "401 403 200 401 401 403"
API_ANYBODY = _answers(keys=_READS, **_people("200", "200", "200", "200", "200"))
API_READ = _answers(keys=_READS, **_people("200", "200", "404", "404", "200"))
API_OWN_READ = _answers(keys=_READS, **_people("200", "404", "404", "404", "200"))
API_CREATE = _answers(keys="401 201 201 401 401 403", **_people("201", "403", "201", "403", "201"))
API_ACT = _answers(keys="401 201 201 401 401 403", **_people("201", "404", "404", "404", "201"))
API_TICKET = _answers(keys="401 201 201 401 401 403", **_people("201", "201", "404", "404", "201"))
API_CANCEL = _answers(keys=_READS, **_people("200", "404", "404", "404", "200"))
API_FORK = _answers(keys="401 201 201 401 401 403", **_people("201", "404", "404", "404", "403"))
API_UNSHARE = _answers(keys="401 204 204 401 401 403", **_people("204", "404", "404", "404", "204"))
API_ANALYSE = _answers(keys="401 202 202 401 401 403", **_people("202", "403", "202", "403", "202"))
API_ACCOUNT = _answers(keys=_NEEDS_ADMIN, **_people("200", "200", "200", "200", "200"))
API_KEYS_MAKE = _answers(keys="401 403 201 401 401 403", **_people("201", "201", "201", "201", "201"))
API_OWN_KEY = _answers(keys=_NEEDS_ADMIN, **_people("200", "404", "404", "404", "404"))
API_KEY_ENDS = _answers(keys="401 403 204 401 401 403", **_people("204", "404", "404", "404", "404"))
API_KEY_ROTATES = _answers(keys="401 403 201 401 401 403", **_people("201", "404", "404", "404", "404"))
OWN_PAGE = _answers(keys=_NO_KEYS, **_people("200", "404", "404", "404", "404"))
MAKE_A_HOOK = _answers(keys=_NO_KEYS, **_people("201", "403", "201", "403", "201"))
API_OWN_HOOK = _answers(keys=_READS, **_people("200", "404", "404", "404", "404"))
API_HOOK_ENDS = _answers(keys="401 204 204 401 401 403", **_people("204", "404", "404", "404", "404"))
BRING_PAGE = _answers(keys=_NO_KEYS, **_people("302", "403", "302", "403", "302"))


ADD_TO_MEMORY = _answers(keys=_NO_KEYS, **_people("302", "403", "302", "403", "302"))
_REMEMBERS = "401 200 200 401 401 200"
API_MEMORY = _answers(keys=_REMEMBERS, **_people("200", "200", "200", "200", "200"))
API_OWN_MEMORY = _answers(keys=_REMEMBERS, **_people("200", "404", "404", "404", "404"))
API_SAY = _answers(keys="401 201 201 401 401 403", **_people("201", "404", "404", "404", "404"))
API_OWN_USAGE = _answers(keys=_READS, **_people("200", "404", "404", "404", "404"))
API_AGENT = _answers(keys=_NEEDS_ADMIN, **_people("200", "403", "200", "403", "200"))
API_CHAT_TICKET = _answers(keys="401 201 201 401 401 201", **_people("201", "404", "404", "404", "404"))
API_OPERATOR = _answers(keys="401 403 403 401 401 403", **_people("403", "403", "403", "403", "200"))
"""An admin key does what its owner may, and this owner runs nothing."""
API_HOOK_TELLS = _answers(keys="401 202 202 401 401 403", **_people("202", "404", "404", "404", "404"))

ROWS = (
    Row("builds:start", "get", PAGE),
    Row("builds:new", "get", PAGE),
    Row("builds:list", "get", PAGE),
    Row("builds:usage", "get", PAGE),
    Row("builds:ledger", "get", PAGE),
    Row("builds:export_ledger", "get", PAGE),
    Row("builds:detail", "get", PAGE_OF_A_BUILD, _build),
    Row("builds:panels", "get", PAGE_OF_A_BUILD, _build),
    Row("builds:archive", "get", PAGE_OF_A_BUILD, _build),
    Row("builds:file", "get", PAGE_OF_A_BUILD, _shown_file),
    Row("builds:cancel", "post", ACT_ON_A_BUILD, _build, is_running=True),
    Row("builds:delete", "get", ACT_PAGE, _build),
    Row("builds:delete", "post", ACT_ON_A_BUILD, _build),
    Row("builds:retry", "post", ACT_ON_A_BUILD, _build),
    Row("builds:fork", "get", FORK_PAGE, _build),
    Row("builds:share", "post", ACT_ON_A_BUILD, _build),
    Row("builds:unshare", "post", ACT_ON_A_BUILD, _share),
    Row("builds:shared", "get", _same("302"), lambda made: {"token": made.link}),
    Row("builds:own_data", "get", PAGE),
    Row("accounts:activity", "get", PAGE),
    Row("accounts:close", "get", PROVE_FIRST),
    Row("accounts:keys", "get", PAGE),
    Row("accounts:keys", "post", MAKE_A_KEY, body={"name": "ci", "scopes": ["builds:read"]}),
    Row("accounts:revoke", "post", OWN_KEY_ENDS, _key),
    Row("accounts:rotate", "post", OWN_KEY, _key),
    Row("accounts:invitation", "get", _same(LOGIN), lambda _: {"token": "unknown"}),
    Row("builds:webhooks", "get", PAGE),
    Row("builds:webhooks", "post", MAKE_A_HOOK, body=HOOK),
    Row("builds:webhook", "get", OWN_PAGE, _endpoint),
    Row("builds:webhook", "post", OWN_KEY_ENDS, _endpoint, body=HOOK),
    Row("builds:webhook_pause", "post", OWN_KEY_ENDS, _endpoint),
    Row("builds:webhook_resume", "post", OWN_KEY_ENDS, _endpoint),
    Row("builds:webhook_rotate", "post", OWN_KEY, _endpoint),
    Row("builds:webhook_delete", "post", OWN_KEY_ENDS, _endpoint),
    Row("builds:webhook_ping", "post", OWN_KEY_ENDS, _endpoint),
    Row("builds:webhook_redeliver", "post", OWN_KEY_ENDS, _delivery),
    Row("builds:chats", "get", PAGE),
    Row("builds:chats", "post", BRING_PAGE, body={"content": "Hello"}),
    Row("builds:chat", "get", OWN_PAGE, _conversation),
    Row("builds:chat", "post", OWN_KEY_ENDS, _conversation, body={"content": "Hello"}),
    Row("builds:chat_panel", "get", OWN_PAGE, _conversation),
    Row("builds:stop_chat", "post", OWN_KEY_ENDS, _conversation),
    Row("builds:export_chat", "get", OWN_PAGE, _conversation),
    Row("builds:approvals", "get", PAGE),
    Row("builds:answer_approval", "post", OWN_KEY_ENDS, _approval, body={"decision": "approve"}),
    Row("builds:agent_preferences", "get", PAGE),
    Row("builds:agent_preferences", "post", BRING_PAGE, body={"approval_policy": "never", "while_busy": "queue"}),
    Row("memory:memories", "get", PAGE),
    Row("memory:memories", "post", ADD_TO_MEMORY, body=TO_REMEMBER | {"importance": "0.5"}),
    Row("memory:memory", "get", OWN_PAGE, _memory),
    Row("memory:memory", "post", OWN_KEY_ENDS, _memory, body={"value": "tabs", "importance": "1"}),
    Row("memory:keep", "post", OWN_KEY_ENDS, _memory),
    Row("memory:forget", "post", OWN_KEY_ENDS, _memory),
    Row("memory:add_fact", "post", ADD_TO_MEMORY, body={"fact_text": "It rains."}),
    Row("memory:fact", "get", OWN_PAGE, _fact),
    Row("memory:fact", "post", OWN_KEY_ENDS, _fact, body={"fact_text": "It rains."}),
    Row("memory:delete_fact", "post", OWN_KEY_ENDS, _fact),
    Row("memory:search", "get", PAGE, body={"q": "tests"}),
    Row("memory:passage", "get", OWN_PAGE, _passage),
    Row("memory:set_excluded", "post", OWN_KEY_ENDS, _passage, body={"is_excluded": "yes"}),
    Row("memory:documents", "get", PAGE),
    Row("memory:documents", "post", BRING_PAGE, body={"name": "style.md", "text": "Short lines."}),
    Row("memory:delete_document", "post", OWN_KEY_ENDS, body={"name": "notes.md"}),
    Row("memory:history", "get", PAGE),
    Row("memory:retain", "post", ANYBODY_ACTS, body={"history_retention_days": "30"}),
    Row("memory:conversation", "get", OWN_PAGE, _conversation),
    Row("memory:conversation", "post", OWN_KEY_ENDS, _conversation, body={"title": "At home"}),
    Row("memory:archive", "post", OWN_KEY_ENDS, _conversation),
    Row("memory:resume", "post", OWN_KEY_ENDS, _conversation),
    Row("memory:delete_conversation", "post", OWN_KEY_ENDS, _conversation),
    Row("memory-api-list", "get", API_MEMORY),
    Row("memory-api-list", "post", API_CREATE, body=TO_REMEMBER),
    Row("memory-api-detail", "get", API_OWN_MEMORY, _memory),
    Row("memory-api-detail", "patch", API_OWN_HOOK, _memory, body={"importance": 1}),
    Row("memory-api-detail", "delete", API_HOOK_ENDS, _memory),
    Row("memory-api-keep", "post", API_OWN_HOOK, _memory),
    Row("memory-api-search", "get", API_MEMORY, body={"q": "tests"}),
    Row("passage-api-detail", "get", API_OWN_MEMORY, _passage),
    Row("passage-api-exclude", "post", API_OWN_HOOK, _passage),
    Row("passage-api-include", "post", API_OWN_HOOK, _passage),
    Row("document-api-list", "get", API_MEMORY),
    Row("document-api-list", "post", API_CREATE, body={"name": "style.md", "text": "Short lines."}),
    Row("document-api-detail", "delete", API_HOOK_ENDS, _document),
    Row("build-api-memory", "get", API_OWN_MEMORY, _build),
    Row("build-api-memory", "patch", API_OWN_HOOK, _build, body={"is_excluded": True}),
    Row("fact-api-list", "get", API_MEMORY),
    Row("fact-api-list", "post", API_CREATE, body={"fact_text": "It rains."}),
    Row("fact-api-detail", "get", API_OWN_MEMORY, _fact),
    Row("fact-api-detail", "patch", API_OWN_HOOK, _fact, body={"source": "the window"}),
    Row("fact-api-detail", "delete", API_HOOK_ENDS, _fact),
    Row("stat-api-list", "get", API_MEMORY),
    Row("stat-api-summary", "get", API_MEMORY),
    Row("conversation-api-list", "get", API_MEMORY),
    Row("conversation-api-list", "post", API_CREATE, body={"title": "At home"}),
    Row("conversation-api-search", "get", API_MEMORY, body={"q": "hello"}),
    Row("conversation-api-detail", "get", API_OWN_MEMORY, _conversation),
    Row("conversation-api-detail", "patch", API_OWN_HOOK, _conversation, body={"title": "At home"}),
    Row("conversation-api-detail", "delete", API_HOOK_ENDS, _conversation),
    Row("conversation-api-messages", "get", API_OWN_MEMORY, _conversation),
    Row("conversation-api-messages", "post", API_SAY, _conversation, body={"content": "Hello"}),
    Row("conversation-api-usage", "get", API_OWN_USAGE, _conversation),
    Row("conversation-api-export", "get", API_OWN_MEMORY, _conversation),
    Row("conversation-api-stream", "get", API_OWN_MEMORY, _conversation),
    Row("conversation-api-ticket", "post", API_CHAT_TICKET, _conversation),
    Row("job-api-list", "get", API_ANYBODY),
    Row("job-api-detail", "get", API_OWN_HOOK, _job),
    Row("job-api-events", "get", API_OWN_HOOK, _job),
    Row("job-api-cancel", "post", API_OWN_HOOK, _job),
    Row("approval-api-list", "get", API_ANYBODY),
    Row("approval-api-detail", "get", API_OWN_HOOK, _approval),
    Row("approval-api-approve", "post", API_OWN_HOOK, _approval),
    Row("approval-api-reject", "post", API_OWN_HOOK, _approval, body={"reason": "Too dear"}),
    Row("agent-preference-api", "get", API_ANYBODY),
    Row("agent-preference-api", "patch", API_AGENT, body={"weekly_digest": True}),
    Row("build-api-list", "get", API_ANYBODY),
    Row("build-api-list", "post", API_CREATE, body=WANTED),
    Row("build-api-detail", "get", API_READ, _build),
    Row("build-api-detail", "delete", API_UNSHARE, _build),
    Row("build-api-analysis", "get", API_READ, _build),
    Row("build-api-archive", "get", API_READ, _build),
    Row("build-api-events", "get", API_READ, _build),
    Row("build-api-stream", "get", API_READ, _build),
    Row("build-api-ticket", "post", API_TICKET, _build),
    Row("build-api-files", "get", API_READ, _build),
    Row("build-api-file", "get", API_READ, _file),
    Row("build-api-attempts", "get", API_READ, _build),
    Row("build-api-diff", "get", API_READ, _build),
    Row("build-api-cancel", "post", API_CANCEL, _build, is_running=True),
    Row("build-api-retry", "post", API_ACT, _build),
    Row("build-api-fork", "post", API_FORK, _build, body={"attempt": 1, "requirements": "Also back"}),
    Row("build-api-shares", "get", API_OWN_READ, _build),
    Row("build-api-shares", "post", API_ACT, _build),
    Row("build-api-share", "delete", API_UNSHARE, _share),
    Row("analysis-api-list", "get", API_ANYBODY),
    Row("analysis-api-list", "post", API_ANALYSE, body={"language": "python", "code": "x = 1"}),
    Row("analysis-api-detail", "get", API_OWN_READ, _analysis),
    Row("analysis-api-detail", "delete", API_UNSHARE, _analysis),
    Row("webhook-api-list", "get", API_ANYBODY),
    Row("webhook-api-list", "post", API_CREATE, body=HOOK),
    Row("webhook-api-detail", "get", API_OWN_HOOK, _endpoint),
    Row("webhook-api-detail", "patch", API_OWN_HOOK, _endpoint, body={"is_paused": True}),
    Row("webhook-api-detail", "delete", API_HOOK_ENDS, _endpoint),
    Row("webhook-api-rotate", "post", API_OWN_HOOK, _endpoint),
    Row("webhook-api-ping", "post", API_HOOK_TELLS, _endpoint),
    Row("webhook-api-deliveries", "get", API_OWN_HOOK, _endpoint),
    Row("webhook-api-redeliver", "post", API_HOOK_TELLS, _delivery),
    Row("usage-api", "get", API_ANYBODY),
    Row("ledger-api", "get", API_ANYBODY),
    Row("call-api-list", "get", API_ANYBODY),
    Row("call-api-export", "get", API_ANYBODY),
    Row("me-api", "get", API_ANYBODY),
    Row("me-api", "patch", API_ACCOUNT, body={"full_name": "Ada"}),
    Row("audit-api-list", "get", API_ANYBODY),
    Row("key-api-list", "get", API_ACCOUNT),
    Row("key-api-list", "post", API_KEYS_MAKE, body={"name": "ci"}),
    Row("key-api-detail", "get", API_OWN_KEY, _api_key),
    Row("key-api-detail", "delete", API_KEY_ENDS, _api_key),
    Row("key-api-rotate", "post", API_KEY_ROTATES, _api_key),
    Row("setting-api-list", "get", API_OPERATOR),
    Row("setting-api-detail", "get", API_OPERATOR, _setting),
    Row("setting-api-detail", "patch", API_OPERATOR, _setting, body={"value": "5"}),
    Row("schema", "get", OPEN),
    Row("docs", "get", OPEN),
    Row("livez", "get", _same("200")),
    Row("readyz", "get", _same("503")),  # to everybody alike; no worker lives here: tests/health/test_parts.py
    Row("metrics", "get", _same("404")),  # nobody's, unless it is switched on: tests/test_metrics.py
    Row("telegram:telegram", "get", PAGE),
    Row("telegram:telegram", "post", PAGE),
    Row("telegram:unlink", "post", ANYBODY_ACTS),
    Row("telegram:confirm", "get", ANYBODY_CONFIRMS, _asking_chat),
    Row("telegram:confirm", "post", ANYBODY_ACTS, _asking_chat),
    Row("telegram:webhook", "post", _same("404")),  # nobody's but Telegram's: tests/telegram/test_webhook.py
    Row("set_language", "post", _same("302"), body={"language": "ru"}),
)
LIBRARY = (
    "account_",
    "mfa_",
    "usersessions_",
)
"""Doors of the accounts' library: all are about whoever knocks, so that it is enough who is let in at all."""
BEFORE_THE_LOGIN = {
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
