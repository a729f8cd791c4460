"""Credentials, read from a header."""

import base64

import pytest

from protocols.dav.basic import credentials


def _basic(raw: bytes) -> str:
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("header", "login", "password"),
    [
        (_basic(b"anna:secret"), "anna", "secret"),
        (_basic(b"anna@example.com:se:cr:et"), "anna@example.com", "se:cr:et"),
        (_basic("änna:pässwort".encode()), "änna", "pässwort"),
        (_basic("änna:pässwort".encode("latin-1")), "änna", "pässwort"),
        (_basic(b"anna:").replace("Basic ", "bAsIc   "), "anna", ""),
    ],
)
def test_credentials_are_read(header: str, login: str, password: str) -> None:
    found = credentials(header)
    assert found is not None
    assert (found.login, found.password) == (login, password)
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + "A" * 10_000,
        "Bearer abc",
        _basic(b"no colon"),
        _basic(b":only a password"),
        _basic(b"an\0na:x"),
        "Basic é",
    ],
)
def test_what_are_no_credentials_is_none(header: str) -> None:
    assert credentials(header) is None
