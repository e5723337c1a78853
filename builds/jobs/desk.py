"""What the agent can do for the author of one job; each act happens once, however often its step runs."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.runtime.pausing import taken_in_before
from agentsite.common.errors import AppError
from builds import engine, guarding, selectors, services, validation
from builds.agent.errors import AgentError
from builds.agent.talking import stated
from builds.agent.talking.values import Decision, Outline, Proposal
from builds.agent.values import JsonDict
from builds.approvals import policy
from builds.approvals import selectors as approvals
from builds.approvals import services as answering
from builds.attachments import sizes
from builds.guard import detection
from builds.jobs import estimate, noting
from builds.models.approval import Action, Approval, ApprovalStatus, Door
from builds.models.build import Build
from builds.models.job import Job
from builds.runs import fence
from builds.runs.claim import Claim
from builds.states import FINAL
from memory import facts
from memory.models.conversation import Platform
from memory.texts import label

MAX_FILES = 50
MAX_FACT = 2_000
_DOORS = {Platform.WEB: Door.WEB, Platform.API: Door.API, Platform.TELEGRAM: Door.TELEGRAM}


class JobDesk:
    """Act under one claim."""

    def __init__(self, claim: Claim, job: Job) -> None:
        self._claim = claim
        self._job = job
        self._user = job.user

    def propose(self, outline: Outline, *, programming: str, parent: str) -> Proposal:
        """Complete a proposal with model, price and files."""
        base = Build.objects.filter(user=self._user, id=UUID(parent)).first() if parent else None
        files = selectors.files_of(base.id) if base else []
        if base is not None and not files:
            raise AgentError("job.no_files", name=base.project_name)
        language = base.language if base else programming or self._usual_language()
        model = (base.wanted_model if base else "") or engine.model_name()
        size = sum(file.size for file in files)
        asked = len(outline.requirements.encode()) + sizes.shown_bytes(self._job.conversation, base)
        cost = estimate.cost_at_most(model, request_bytes=asked, project_bytes=size)
        named = [file.path for file in outline.files] or [file.path for file in files if not file.is_test]
        return Proposal(
            action=Action.FORK.value if base else Action.BUILD.value,
            project_name=base.project_name if base else label(outline.project_name, validation.MAX_NAME),
            requirements=self._checked(outline, language),
            language=language,
            model=model,
            cost_at_most_usd=None if cost is None else str(cost),
            files=named[:MAX_FILES],
            parent=parent,
            parent_name=base.project_name if base else "",
            attempt=files[0].attempt if files else 0,
            budget_usd=str(cost) if cost else None,
        )

    def decision(self, proposal: Proposal) -> Decision | None:
        """Return what became of a proposal: a yes at once where nobody wants to be asked."""
        asked = Approval.objects.filter(job=self._job).order_by("-id").first()
        if asked is not None:
            return None if asked.is_pending else Decision(asked.status, asked.reason, dict(asked.changes))
        cost = proposal["cost_at_most_usd"]
        if policy.must_ask(self._user, None if cost is None else Decimal(cost)):
            return None
        return Decision(ApprovalStatus.APPROVED.value)

    def decide(self, *, approve: bool, reason: str) -> bool:
        """Answer what waits in this conversation in the author's name."""
        conversation = self._job.conversation
        if conversation is None:
            return False
        waiting = approvals.waiting_in(conversation)
        if waiting is None:
            mine = Approval.objects.filter(conversation=conversation, resolved_by=self._user)
            return mine.filter(resolved_at__gte=self._job.started_at or self._job.created_at).exists()
        try:
            via = _DOORS[Platform(conversation.platform)]
            with taken_in_before():
                answering.answer(user=self._user, approval=waiting, approve=approve, reason=reason[:MAX_FACT], via=via)
        except AppError as refused:
            raise _refused(refused) from refused
        return True

    def start(self, proposal: Proposal, changes: JsonDict) -> str:
        """Start what was approved, once: the build and that this job has started it are one transaction."""
        try:
            with taken_in_before(), fence.held(self._claim.run_id, self._claim.fence):
                started = Job.objects.values_list("build_id", flat=True).get(id=self._job.id)
                return str(started or self._begun(proposal, {**proposal, **changes}).id)
        except AppError as refused:
            raise _refused(refused) from refused

    def stop(self) -> tuple[list[str], bool]:
        """Ask the builds of this conversation to stop, and withdraw what waits."""
        if self._job.conversation_id is None:
            return [], False
        at_work = Build.objects.filter(user=self._user, conversation_id=self._job.conversation_id)
        names = [build.project_name for build in at_work.exclude(status__in=FINAL) if self._cancelled(build)]
        with transaction.atomic():
            withdrawn = answering.withdraw(self._job.conversation_id, reason="")
        return names, bool(withdrawn)

    def note(self, texts: Sequence[str]) -> None:
        """Keep what the message states, and tell so."""
        noting.note(self._claim, self._job, texts)

    def remember(self, text: str) -> str:
        """Keep a fact, once; by the words that ask for it where its author wants nothing noted without them."""
        if reason := self._unasked_for(text):
            return reason
        try:
            kept = text.strip()[:MAX_FACT]
            facts.note_fact(user=self._user, fact_text=kept, is_strict=True, **noting.origin(self._job))
        except AppError as refused:
            return str(refused.message)
        return ""

    def _unasked_for(self, text: str) -> str:
        """Return why something is not kept that nobody asked for in so many words; empty when it is."""
        message = self._job.trigger_message
        if message is None or stated.is_asked_for(message.content):
            return ""
        if not policy.preference_of(self._user).notes_facts:
            return _("You chose that I note nothing by myself. Say “remember that …”.")
        return _("It holds personal data or a secret.") if detection.find(text) else ""

    def _begun(self, proposal: Proposal, wanted: JsonDict) -> Build:
        budget = wanted["budget_usd"]
        given = {
            "project_name": str(wanted["project_name"]),
            "requirements": str(wanted["requirements"]),
            "budget_usd": None if budget is None else Decimal(str(budget)),
            "api_key": self._job.api_key,
            "conversation": self._job.conversation,
        }
        if proposal["action"] == Action.FORK:
            parent = Build.objects.filter(user=self._user, id=UUID(proposal["parent"])).first()
            if parent is None:
                raise AgentError("job.parent_gone", name=proposal["parent_name"])
            build = services.fork_build(user=self._user, build=parent, attempt=proposal["attempt"], **given)  # type: ignore[arg-type]
        else:
            build = services.submit_build(user=self._user, language=str(wanted["language"]), **given)  # type: ignore[arg-type]
        Job.objects.filter(id=self._job.id).update(build=build)
        return build

    def _usual_language(self) -> str:
        newest = Build.objects.filter(user=self._user).order_by("-id").values_list("language", flat=True).first()
        return newest or "python"

    def _checked(self, outline: Outline, language: str) -> str:
        """Return the request as it may be stored; what no build could hold is refused before anybody is asked."""
        try:
            fields = validation.checked_request(
                project_name=label(outline.project_name, validation.MAX_NAME),
                requirements=outline.requirements,
                description="",
                language=language,
                tags=(),
                budget_usd=None,
                model="",
            )
            return str(guarding.passed(self._user, fields, taken={}).fields["requirements"])
        except AppError as refused:
            raise _refused(refused) from refused

    def _cancelled(self, build: Build) -> bool:
        try:
            services.cancel_build(user=self._user, build=build)
        except AppError:  # it has ended meanwhile
            return False
        return True


def _refused(refused: AppError) -> AgentError:
    sentences = [str(refused.message), *(text for texts in refused.fields.values() for text in texts)]
    return AgentError("job.refused", reason=" ".join([*sentences, str(refused.hint)]).strip())
