"""The key that signs seals, and the public keys by which they are verified."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from audit import verify_export as proof


def sign(message: bytes) -> str:
    """Return this server's signature in hexadecimal digits."""
    return _private().sign(message).hex()


def public_key() -> bytes:
    """Return the key by which anybody can verify this server's signatures."""
    return _private().public_key().public_bytes_raw()


def key_id() -> str:
    """Return the short name of this server's key."""
    return proof.key_id(public_key())


def known_keys() -> dict[str, str]:
    """Return this server's public key and its earlier ones by their short names, in hexadecimal digits."""
    keys = [public_key(), *(bytes.fromhex(each) for each in settings.AUDIT_PUBLIC_KEYS)]
    return {proof.key_id(key): key.hex() for key in keys}


def is_signed(seal: proof.Seal) -> bool:
    """Say whether a seal is as one of the known keys signed it."""
    key = known_keys().get(seal["key_id"])
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key or ""))
        public.verify(bytes.fromhex(seal["signature"]), proof.signed_part(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def _private() -> Ed25519PrivateKey:
    """Make the key of the secret, which may be any text of enough chance: as the file in the data directory is."""
    seed = hashlib.sha256(b"agentsite audit\x00" + settings.AUDIT_SIGNING_KEY.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)
