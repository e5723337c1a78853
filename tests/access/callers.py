"""Everybody who might knock, and a build of the owner's that they knock at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.test import Client
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Role, Scope, User
from builds import analyses, sharing
from builds.approvals import services as approvals
from builds.jobs import services as jobs
from builds.models.analysis import CodeAnalysis
from builds.models.approval import Approval
from builds.models.build import Build
from builds.models.deployment import Deployment
from builds.models.job import Job
from builds.models.webhook import WebhookDelivery
from builds.webhooks import services as webhooks
from memory import artifacts, conversations, documents, excluding, facts, memories, stats
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.vectors import VectorMemory
from telegram_link import contacts, linking
from tests import factories
from tests.deployments import made as deployments
from tests.talking.conversing import PROPOSAL

CALLERS = (
    "owner",
    "reader",
    "stranger",
    "viewer",
    "operator",
    "anonymous",
    "key",
    "admin_key",
    "revoked_key",
    "expired_key",
    "key_without_scope",
)


@dataclass(frozen=True)
class World:
    """What is there before somebody knocks."""

    owner: User
    build: Build
    share: int
    link: str
    key: ApiKey
    analysis: CodeAnalysis
    delivery: WebhookDelivery
    memory: Memory
    fact: Fact
    conversation: Conversation
    passage: VectorMemory
    job: Job
    approval: Approval
    attachment: Attachment
    deployment: Deployment
    """It waits for a yes where the build runs; else it was healthy, and the branch is elsewhere now."""
    chat_secret: str
    """Out of the address that a chat was given, to be linked with whoever logs in."""

    @property
    def in_addresses(self) -> dict[str, object]:
        """Return what the document's addresses name, by the names that they give it."""
        return {
            "build_id": self.build.id,
            "id": self.key.pk,
            "analysis_id": self.analysis.id,
            "share_id": self.share,
            "endpoint_id": self.delivery.endpoint_id,
            "delivery_id": self.delivery.pk,
            "memory_id": self.memory.pk,
            "fact_id": self.fact.pk,
            "conversation_id": self.conversation.pk,
            "passage_id": self.passage.pk,
            "name": self.passage.source_file,
            "job_id": self.job.pk,
            "approval_id": self.approval.pk,
            "attachment_id": self.attachment.pk,
            "setting_name": "AGENT_MAX_REPAIRS",
            "target_id": self.deployment.target_id,
            "deployment_id": self.deployment.pk,
        }


def world(*, is_running: bool) -> World:
    """Make an owner with a build, a key, an analysis, and a share with the reader."""
    owner = User.objects.create_user("owner", password="password")
    reader = User.objects.create_user("reader", password="password", role=Role.VIEWER)
    url = "https://example.org/hook"
    webhooks.create_endpoint(user=owner, url=url, kinds=["build.submitted"])
    build = factories.submitted(owner) if is_running else factories.completed(owner)
    share = sharing.share_build(user=owner, build=build, username=reader.username).share
    link = sharing.share_build(user=owner, build=build).token
    key = keys.create_api_key(user=owner, name="laptop").key
    analysis = analyses.submit_analysis(user=owner, language="python", code="x = 1\n")
    delivery = WebhookDelivery.objects.get()
    remembered = _memory_of(owner)
    return World(
        owner,
        build,
        share.pk,
        link,
        key,
        analysis,
        delivery,
        *remembered,
        *_asked(owner, remembered[2]),
        attachments.store(user=owner, name="code.py", content=b"x = 1\n", source="api"),
        deployments.waiting(owner) if is_running else deployments.healthy(owner, build),
        _asking_chat(),
    )


@transaction.atomic
def _asked(owner: User, conversation: Conversation) -> tuple[Job, Approval]:
    """Let a job of a conversation ask for a yes."""
    job = jobs.say(user=owner, conversation=conversation, content="Build Roman numerals").job
    assert job is not None
    return job, approvals.ask(job, PROPOSAL, "I would build Roman.")


@transaction.atomic
def _asking_chat() -> str:
    return linking.make_login_link(contact=contacts.met({"id": 7, "first_name": "Ada"}, 7))


def _memory_of(owner: User) -> tuple[Memory, Fact, Conversation, VectorMemory]:
    memory, _ = memories.propose(user=owner, memory_type="preference", key="style", value="short lines")
    fact = facts.add_fact(user=owner, fact_text="Our servers run Debian.")
    conversation, _ = conversations.open_conversation(user=owner, platform="api", chat_id="desk", title="At work")
    said, _ = conversations.append_message(conversation=conversation, role="user", content="Hello")
    artifacts.attach(message=said, kind="ocr_text", content={"text": "Hello"})
    stats.record_stat(user=owner, stat_type="speed", value=1.5)
    documents.import_text(user=owner, name="notes.md", text="We write tests first.")
    passage = VectorMemory.objects.get(user=owner, source_file="notes.md")
    excluding.set_passage_excluded(user=owner, passage=passage, is_excluded=True)
    return memory, fact, conversation, passage


def client_of(caller: str, made: World) -> Client:
    """Return a browser or a program that knocks as somebody."""
    if caller.endswith("key") or caller == "key_without_scope":
        return Client(headers={"Authorization": f"Bearer {_KEYS[caller](made.owner)}"})
    browser = Client()
    if caller != "anonymous":
        browser.force_login(_person(caller))
    return browser


def _person(caller: str) -> User:
    if caller == "operator":
        return User.objects.create_superuser("operator", password="password")
    role = Role.VIEWER if caller == "viewer" else Role.USER
    return User.objects.get_or_create(username=caller, defaults={"role": role})[0]


def _key(*scopes: str) -> Callable[[User], str]:
    return lambda owner: keys.create_api_key(user=owner, name="program", scopes=scopes or keys.ORDINARY_SCOPES).secret


def _revoked(owner: User) -> str:
    made = keys.create_api_key(user=owner, name="program", scopes=[Scope.ADMIN])
    keys.revoke_api_key(user=owner, key=made.key)
    return made.secret


def _expired(owner: User) -> str:
    made = keys.create_api_key(user=owner, name="program", scopes=[Scope.ADMIN])
    ApiKey.objects.filter(pk=made.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return made.secret


_KEYS: dict[str, Callable[[User], str]] = {
    "key": _key(),
    "admin_key": _key(Scope.ADMIN),
    "revoked_key": _revoked,
    "expired_key": _expired,
    "key_without_scope": _key(Scope.MEMORY_READ),
}
