"""Money and tokens: what each call used and cost."""

from decimal import Decimal
from uuid import UUID

from agentsite.accounts import quota
from builds.agent.values import ModelReply
from builds.models.build import Build
from builds.models.usage import TokenUsage
from builds.runs import pricing


def charge(build_id: UUID, call_key: str, purpose: str, reply: ModelReply) -> None:
    """Write one call into the ledger; the same key a second time changes nothing."""
    provider, _, name = reply.model.partition(":")
    price = pricing.price_usd(reply.model, reply.tokens_input, reply.tokens_output)
    user_id, api_key_id = Build.objects.values_list("user_id", "api_key_id").get(id=build_id)
    _row, is_new = TokenUsage.objects.get_or_create(
        call_key=call_key,
        defaults={
            "user_id": user_id,
            "build_id": build_id,
            "api_key_id": api_key_id,
            "purpose": purpose[:32],
            "provider": provider,
            "model": name,
            "tokens_input": reply.tokens_input,
            "tokens_output": reply.tokens_output,
            "tokens_total": reply.tokens_input + reply.tokens_output,
            "is_estimated": reply.is_estimated,
            "has_price": price is not None,
            "cost_usd": price or Decimal(0),
        },
    )
    if is_new:
        used = {"tokens_input": reply.tokens_input, "tokens_output": reply.tokens_output}
        quota.count_work(user_id, cost_usd=price or Decimal(0), **used)
