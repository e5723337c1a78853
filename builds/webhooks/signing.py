"""An endpoint's secret, and what proves to a receiver that a request comes from here and is no old one."""

import hashlib
import hmac
import secrets

from cryptography.fernet import InvalidToken

from agentsite.common.sealing import sealer

_MARK = "agsw_"


class SecretUnreadable(Exception):  # it names the fact
    """The secret was encrypted with a key that is not known any more."""


def new_secret() -> str:
    """Return 256 random bits as text."""
    return _MARK + secrets.token_urlsafe(32)


def seal(secret: str) -> str:
    """Encrypt a secret with the key of today."""
    return sealer("webhook").encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt a secret with the key of today or an earlier one.

    :raises SecretUnreadable: none of them fits.
    """
    try:
        return sealer("webhook").decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``Agentsite-Signature``."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"
