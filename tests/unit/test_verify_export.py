"""What the stand-alone verifier computes, beside the published examples and the library."""

import hashlib
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import verify_export as proof

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
            "655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
            "b00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
]
"""Section 7.1: public key, message, signature."""
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first one, two, … leaves, as Certificate Transparency's own tests have them."""


def flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "little") ^ 1 << bit).to_bytes(len(data), "little")


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032_are_signatures(public: str, message: str, signature: str) -> None:
    key, text, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert proof.is_ed25519(key, text, signed)
    assert not proof.is_ed25519(key, text + b"x", signed)
    for bit in (0, 255, 256, 300, 511):
        assert not proof.is_ed25519(key, text, flipped(signed, bit))


def test_what_the_library_signs_is_signed_by_nobody_else() -> None:
    for _ in range(10):
        key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        message = os.urandom(40)
        signed = key.sign(message)
        assert proof.is_ed25519(key.public_key().public_bytes_raw(), message, signed)
        assert not proof.is_ed25519(other.public_key().public_bytes_raw(), message, signed)


@pytest.mark.parametrize("signature", [b"", b"x", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_what_is_no_signature_is_none(signature: bytes) -> None:
    public = bytes.fromhex(RFC_8032[0][0])
    assert not proof.is_ed25519(public, b"", signature)
    assert not proof.is_ed25519(b"\xff" * 32, b"", bytes.fromhex(RFC_8032[0][2]))


def test_a_signature_whose_scalar_went_once_round_is_refused() -> None:
    public, _, signature = (bytes.fromhex(each) for each in RFC_8032[0])
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(signature[32:], "little") + order
    assert not proof.is_ed25519(public, b"", signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(each)).hexdigest() for each in LEAVES[:count]]
    assert proof.root(leaves) == ROOTS[count - 1]


def test_what_is_canonical_depends_on_no_order_and_no_language() -> None:
    assert proof.canonical({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()
