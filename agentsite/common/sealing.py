"""Encrypting what has to be read again, with a key made from the server's own."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def sealer(purpose: str) -> MultiFernet:
    """Return what encrypts with the key of today, and decrypts with it or an earlier one; each purpose has its own."""
    known = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"{purpose}:".encode() + force_bytes(key)).digest() for key in known]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
