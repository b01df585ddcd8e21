"""Keys and seals that both sides share: signing, and sealing to a public key.

A sealed box is an ephemeral X25519 public key and a ChaCha20-Poly1305 text
under HKDF-SHA256 of the shared secret; each key is used once, so the nonce
is zero.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class NotOpened(ValueError):
    """A sealed text does not open with this key, or was changed."""


def derive(key: bytes, purpose: str) -> bytes:
    """Return a 256-bit key for one purpose from another key."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def public_of_signing(private: bytes) -> bytes:
    """Return the raw Ed25519 public key of a raw private one."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def public_of_sealing(private: bytes) -> bytes:
    """Return the raw X25519 public key of a raw private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sign(private: bytes, message: bytes) -> bytes:
    """Return an Ed25519 signature."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether an Ed25519 signature holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(public: bytes, text: bytes, purpose: str) -> bytes:
    """Seal `text` so that only the holder of the private key opens it."""
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    key = derive(shared, f"qmc-seal-1 {purpose}")
    box = ChaCha20Poly1305(key).encrypt(bytes(_NONCE_BYTES), text, purpose.encode())
    return ephemeral.public_key().public_bytes_raw() + box


def unseal(private: bytes, sealed: bytes, purpose: str) -> bytes:
    """Open what `seal` made.

    Raises:
        NotOpened: another key, another purpose, or a changed text.
    """
    try:
        theirs = X25519PublicKey.from_public_bytes(sealed[:KEY_BYTES])
        shared = X25519PrivateKey.from_private_bytes(private).exchange(theirs)
        key = derive(shared, f"qmc-seal-1 {purpose}")
        return ChaCha20Poly1305(key).decrypt(
            bytes(_NONCE_BYTES), sealed[KEY_BYTES:], purpose.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise NotOpened(purpose) from error


def encrypt(key: bytes, text: bytes, about: bytes) -> bytes:
    """Encrypt with AES-256-GCM under a random nonce; `about` is bound to it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, about)


def decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """Open what `encrypt` made.

    Raises:
        NotOpened: another key, other `about`, or a changed text.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise NotOpened(about.decode("utf-8", "replace")) from error
