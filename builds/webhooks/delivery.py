"""Sending what is due. No transaction and no lock is held while a receiver thinks."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog

from builds import measures, stopping
from builds.webhooks import sending, settling, signing, targets
from builds.webhooks.claims import Claim, claim_next
from builds.webhooks.outcomes import Outcome

log = structlog.get_logger(__name__)
SIDE_BY_SIDE = 8
TURN_SECONDS = 60.0
"""Then somebody else has the thread; what is left is announced again."""
_turn = threading.Lock()


def deliver_due() -> int:
    """Send what is due, several at a time, until nothing is; return how many attempts were made.

    One thread of a process does this; 0 when another one is at it already.
    """
    if not _turn.acquire(blocking=False):
        return 0
    try:
        return _deliver(until=time.monotonic() + TURN_SECONDS)
    finally:
        _turn.release()


def _deliver(*, until: float) -> int:
    count = 0
    under_way: dict[Future[Outcome], Claim] = {}
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="webhook") as pool:
        while True:
            if time.monotonic() < until and not stopping.is_stopping():
                under_way |= {pool.submit(attempt, claim): claim for claim in _claims(SIDE_BY_SIDE - len(under_way))}
            if not under_way:
                return count
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                outcome = _outcome(done)
                measures.WEBHOOKS.labels(outcome.error or "delivered").inc()
                settling.settle(under_way.pop(done), outcome)
                count += 1


def _outcome(done: Future[Outcome]) -> Outcome:
    try:
        return done.result()
    except Exception:  # a fault of ours in one attempt must not keep the others waiting
        log.exception("webhooks.attempt_failed")
        return Outcome(error="platform.error")


def _claims(most: int) -> Iterator[Claim]:
    for _ in range(most):
        claim = claim_next()
        if claim is None:
            return
        yield claim


def attempt(claim: Claim) -> Outcome:
    """Send a delivery once, signed anew; touches no database."""
    try:
        secret = signing.unseal(claim.secret_encrypted)
        target = targets.read_target(claim.url)
    except signing.SecretUnreadable:
        return Outcome(error="secret.unreadable")
    except targets.BadTarget:
        return Outcome(error="url.refused")
    body, now = claim.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Agentsite-Webhooks/1",
        "Agentsite-Delivery": str(claim.delivery_id),
        "Agentsite-Event": claim.kind,
        "Agentsite-Timestamp": str(now),
        "Agentsite-Signature": signing.signature(secret, now, body),
    }
    return sending.post(target, headers, body)
