"""SASL mechanisms: what proves who one is, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.auth import BearerToken, Credentials
from gateway.core.errors import NotAuthenticated
from protocols.sasl import MECHANISMS, Malformed, Proof, decode, oauthbearer, plain, xoauth2


@pytest.mark.parametrize(
    ("message", "token"),
    [
        (b"n,a=anna@crm.example,\x01host=x\x01port=143\x01auth=Bearer ab.c=\x01\x01", ("anna@crm.example", "ab.c=")),
        (b"y,,\x01auth=bearer t\x01\x01", ("", "t")),
        (b"n,a=a=2Cb=3Dc,\x01auth=Bearer t\x01\x01", ("a,b=c", "t")),
    ],
)
def test_a_token_is_read_from_oauthbearer(message: bytes, token: tuple[str, str]) -> None:
    assert oauthbearer(message) == BearerToken(*token)


@pytest.mark.parametrize(
    "message",
    [
        b"", b"n,,", b"n,,\x01\x01", b"p=tls-unique,,\x01auth=Bearer t\x01\x01", b"n,,\x01auth=Basic t\x01\x01",
        b"n,,\x01auth=Bearer \x01\x01", b"n,,\x01auth=Bearer t\x01", b"n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
        b"n,a=\xff,\x01auth=Bearer t\x01\x01", b"user=a\x01auth=Bearer t\x01\x01",
    ],
)  # fmt: skip
def test_what_is_no_oauthbearer_is_malformed(message: bytes) -> None:
    with pytest.raises(Malformed):
        oauthbearer(message)


def test_a_token_is_read_from_xoauth2() -> None:
    assert xoauth2(b"user=anna\x01auth=Bearer t\x01\x01") == BearerToken("anna", "t")
    for message in (b"", b"user=anna\x01\x01", b"anna\x01auth=Bearer t\x01\x01", b"user=anna\x01auth=t\x01\x01"):
        with pytest.raises(Malformed):
            xoauth2(message)


def test_secrets_do_not_show() -> None:
    assert "geheim" not in repr(BearerToken("anna", "geheim")) + repr(Credentials("anna", "geheim"))


@pytest.mark.parametrize(
    ("name", "responses", "proof"),
    [
        ("PLAIN", [b"\x00anna\x00secret"], Credentials("anna", "secret")),
        ("LOGIN", [b"anna", b"secret"], Credentials("anna", "secret")),
        ("XOAUTH2", [b"user=anna\x01auth=Bearer t\x01\x01"], BearerToken("anna", "t")),
    ],
)
def test_a_mechanism_ends_in_what_was_proved(name: str, responses: list[bytes], proof: Proof) -> None:
    steps = MECHANISMS[name].begin()
    next(steps)
    for response in responses[:-1]:
        steps.send(response)
    with pytest.raises(StopIteration) as done:
        steps.send(responses[-1])
    assert done.value.value == proof


@given(st.binary(max_size=200))
def test_any_message_is_a_proof_or_none(message: bytes) -> None:
    for read in (plain, oauthbearer, xoauth2, decode):
        try:
            read(message)
        except (Malformed, NotAuthenticated):
            continue
