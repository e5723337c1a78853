"""Money and tokens: what each call used and cost."""

from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from agentsite.accounts import quota
from builds.agent.llm import prices
from builds.agent.values import ModelReply
from builds.models.build import Build
from builds.models.usage import TokenUsage


def charge(build_id: UUID, call_key: str, purpose: str, reply: ModelReply) -> None:
    """Write one call into the ledger; the same key a second time changes nothing."""
    provider, _, name = reply.model.partition(":")
    price = price_usd(reply.model, reply.tokens_input, reply.tokens_output)
    user_id = Build.objects.values_list("user_id", flat=True).get(id=build_id)
    _row, is_new = TokenUsage.objects.get_or_create(
        call_key=call_key,
        defaults={
            "user_id": user_id,
            "build_id": build_id,
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


def price_usd(model: str, tokens_input: int, tokens_output: int) -> Decimal | None:
    """Return what a call costs today; None when nobody can say."""
    is_custom = model.startswith("openai:") and bool(settings.OPENAI_BASE_URL)
    return prices.cost_usd(model, tokens_input, tokens_output, timezone.now().date(), is_custom_server=is_custom)
