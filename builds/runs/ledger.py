"""Money and tokens: what each call used and cost."""

from decimal import Decimal

from agentsite.accounts import quota
from builds.agent.speech.values import Transcript
from builds.agent.values import ModelReply
from builds.models.usage import TokenUsage
from builds.runs import pricing
from builds.runs.payer import Payer


def charge(payer: Payer, call_key: str, purpose: str, reply: ModelReply | Transcript) -> None:
    """Write one call into the ledger; the same key a second time changes nothing."""
    provider, _, name = reply.model.partition(":")
    tokens, price = _tokens_and_price(reply)
    account = payer.account()
    _row, is_new = TokenUsage.objects.get_or_create(
        call_key=call_key,
        defaults={
            **payer.columns(),
            "user_id": account.user_id,
            "api_key_id": account.api_key_id,
            "scope": account.scope,
            "purpose": purpose[:32],
            "provider": provider,
            "model": name,
            **tokens,
            "tokens_total": sum(tokens.values()),
            "is_estimated": reply.is_estimated,
            "has_price": price is not None,
            "cost_usd": price or Decimal(0),
            "duration_ms": round(reply.duration_seconds * 1000),
        },
    )
    if is_new:
        quota.count_work(account.user_id, cost_usd=price or Decimal(0), **tokens)


def _tokens_and_price(reply: ModelReply | Transcript) -> tuple[dict[str, int], Decimal | None]:
    if isinstance(reply, Transcript):  # by the minute, not by tokens
        return {"tokens_input": 0, "tokens_output": 0}, pricing.price_of_speech_usd(reply.seconds)
    price = pricing.price_usd(reply.model, reply.tokens_input, reply.tokens_output)
    return {"tokens_input": reply.tokens_input, "tokens_output": reply.tokens_output}, price
