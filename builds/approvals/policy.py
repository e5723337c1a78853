"""When somebody is asked: by their own choice and the operator's rule, of which the stricter one holds."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.table import APPROVAL_RULE, APPROVAL_RULE_ABOVE_USD
from agentsite.common.errors import invalid
from audit import services as audit
from builds.models.approval import AgentPreference, ApprovalPolicy, WhileBusy

MAX_AMOUNT = Decimal(10_000)
_STRICT = {ApprovalPolicy.NEVER: 0, ApprovalPolicy.DEPLOYMENTS: 1, ApprovalPolicy.ABOVE: 2, ApprovalPolicy.ALWAYS: 3}


def preference_of(user: User) -> AgentPreference:
    """Return how somebody wants the agent to behave; not stored when they never chose."""
    return AgentPreference.objects.filter(user=user).first() or AgentPreference(user=user)


@transaction.atomic
def change_preference(*, user: User, **changes: Any) -> AgentPreference:
    """Write ``approval_policy``, ``approval_above_usd``, ``while_busy``, ``weekly_digest`` or ``notes_facts``.

    What is not given stays.


    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer.
    """
    refuse_viewers(user)
    _check(changes)
    preference, _is_new = AgentPreference.objects.update_or_create(user=user, defaults=changes)
    audit.record(
        "agent.preference_changed",
        user=user,
        resource_type="user",
        resource_id=str(user.pk),
        details={"fields": sorted(changes)},
    )
    return preference


def must_ask(user: User, cost_at_most_usd: Decimal | None, *, is_deployment: bool = False) -> bool:
    """Say whether something waits for a yes; what nobody can price counts as dearer than any amount."""
    preference = preference_of(user)
    chosen = [(preference.approval_policy, preference.approval_above_usd)]
    chosen.append((APPROVAL_RULE.now(), APPROVAL_RULE_ABOVE_USD.now()))
    return any(_asks(policy, amount, cost_at_most_usd, is_deployment=is_deployment) for policy, amount in chosen)


def in_force(user: User) -> str:
    """Return the stricter of somebody's choice and the operator's rule."""
    return max(preference_of(user).approval_policy, APPROVAL_RULE.now(), key=lambda each: _STRICT[ApprovalPolicy(each)])


def _asks(policy: str, amount: Decimal, cost: Decimal | None, *, is_deployment: bool) -> bool:
    if policy == ApprovalPolicy.ALWAYS or (is_deployment and policy != ApprovalPolicy.NEVER):
        return True
    return policy == ApprovalPolicy.ABOVE and (cost is None or cost > amount)


def _check(changes: dict[str, Any]) -> None:
    if "approval_policy" in changes and changes["approval_policy"] not in ApprovalPolicy.values:
        raise invalid(
            approval_policy=_("Choose one of these: %(names)s.") % {"names": ", ".join(ApprovalPolicy.values)}
        )
    if "while_busy" in changes and changes["while_busy"] not in WhileBusy.values:
        raise invalid(while_busy=_("Choose one of these: %(names)s.") % {"names": ", ".join(WhileBusy.values)})
    amount = changes.get("approval_above_usd")
    if amount is not None and not 0 <= amount <= MAX_AMOUNT:
        raise invalid(approval_above_usd=_("Give an amount from 0 to %(most)s.") % {"most": MAX_AMOUNT})
