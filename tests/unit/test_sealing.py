import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import sealing
from app.domain.sealing import NotOpened

OURS, THEIRS = bytes(range(32)), bytes(range(32, 64))


def test_a_signature_holds_for_its_message_and_signer_alone():
    signature = sealing.sign(OURS, b"message")
    public = sealing.public_of_signing(OURS)

    assert sealing.is_signed(public, signature, b"message")
    assert not sealing.is_signed(public, signature, b"massage")
    assert not sealing.is_signed(sealing.public_of_signing(THEIRS), signature, b"message")


def test_the_signature_is_ed25519_of_rfc_8032():
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    assert sealing.public_of_signing(private) == public
    assert sealing.sign(private, b"").hex().startswith("e5564300c360ac729086e2cc806e828a")


@pytest.mark.parametrize(
    ("public", "signature"), [(b"", b""), (bytes(31), bytes(64)), (bytes(32), bytes(63))]
)
def test_a_key_or_signature_of_the_wrong_size_is_no_signature(public, signature):
    assert not sealing.is_signed(public, signature, b"message")


@given(st.binary(max_size=200))
def test_what_is_sealed_is_opened_by_its_receiver(text):
    sealed = sealing.seal(sealing.public_of_sealing(OURS), text, "store key")

    assert sealing.unseal(OURS, sealed, "store key") == text
    assert text not in sealed or len(text) < 4


def test_sealing_twice_gives_two_texts():
    public = sealing.public_of_sealing(OURS)

    assert sealing.seal(public, b"x", "p") != sealing.seal(public, b"x", "p")


def test_a_seal_does_not_open_for_another_key_or_purpose():
    sealed = sealing.seal(sealing.public_of_sealing(OURS), b"text", "store key")

    with pytest.raises(NotOpened):
        sealing.unseal(THEIRS, sealed, "store key")
    with pytest.raises(NotOpened):
        sealing.unseal(OURS, sealed, "journal key")


@given(st.data())
def test_a_changed_seal_does_not_open(data):
    sealed = bytearray(sealing.seal(sealing.public_of_sealing(OURS), b"text", "p"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    # the top bit of an X25519 key is ignored: RFC 7748 §5
    sealed[place] ^= data.draw(st.integers(1, 127))

    with pytest.raises(NotOpened):
        sealing.unseal(OURS, bytes(sealed), "p")


@given(st.binary(max_size=80))
def test_what_was_never_sealed_does_not_open(noise):
    with pytest.raises(NotOpened):
        sealing.unseal(OURS, noise, "p")
    with pytest.raises(NotOpened):
        sealing.decrypt(OURS, noise, b"p")


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_encrypted_is_decrypted_with_the_same_key_and_subject(text, about):
    assert sealing.decrypt(OURS, sealing.encrypt(OURS, text, about), about) == text


def test_a_page_does_not_decrypt_as_another_nor_with_another_key():
    box = sealing.encrypt(OURS, b"text", b"page 1")

    with pytest.raises(NotOpened):
        sealing.decrypt(OURS, box, b"page 2")
    with pytest.raises(NotOpened):
        sealing.decrypt(THEIRS, box, b"page 1")
    assert box != sealing.encrypt(OURS, b"text", b"page 1")


@given(st.integers(0, 31), st.integers(1, 255))
def test_a_changed_ciphertext_does_not_decrypt(place, change):
    box = bytearray(sealing.encrypt(OURS, b"text", b"about"))
    box[place % len(box)] ^= change

    with pytest.raises(NotOpened):
        sealing.decrypt(OURS, bytes(box), b"about")


def test_keys_of_different_purposes_have_nothing_in_common():
    keys = {sealing.derive(key, purpose) for key in (OURS, THEIRS) for purpose in ("a", "b")}

    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert sealing.derive(OURS, "a") == sealing.derive(OURS, "a")
