"""What is shown to a remote: encrypted where it is kept."""

from cryptography.fernet import InvalidToken

from agentsite.common.sealing import sealer
from builds.agent.errors import AgentError

_PURPOSE = "deployment"


def seal(credential: str) -> str:
    """Encrypt a credential with the key of today."""
    return sealer(_PURPOSE).encrypt(credential.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt a credential with the key of today or an earlier one; none stays none.

    :raises AgentError: ``deployment.credential_unreadable``.
    """
    if not sealed:
        return ""
    try:
        return sealer(_PURPOSE).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise AgentError("deployment.credential_unreadable") from None
