"""Errors to statuses and preconditions."""

import logging

import pytest
from lxml import etree

from gateway.core.errors import (
    AlreadyExists,
    ConfigError,
    InvalidContent,
    NoPermission,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    Refused,
    TokenExpired,
    TooLarge,
    UidConflict,
    Unavailable,
    UnsupportedContent,
)
from gateway.core.ids import Href
from gateway.core.model import Right
from protocols.dav.errors import DavError, Scene, answer
from protocols.dav.names import caldav, carddav, dav
from protocols.dav.types import QName
from protocols.dav.xml import Malformed


def _scene(*, is_cards: bool = False, creates: bool = False) -> Scene:
    return Scene("/dav/x&y", is_cards=is_cards, creates=creates, sibling=lambda href: f"/dav/{href}")


def _preconditions(body: object) -> list[str]:
    assert isinstance(body, bytes)
    root = etree.fromstring(body)
    assert root.tag == dav("error")
    return [str(child.tag) for child in root if not str(child.tag).startswith("{urn:crmgate")]


@pytest.mark.parametrize(
    ("error", "status", "in_calendars", "in_address_books"),
    [
        (NoPermission("no"), 403, dav("need-privileges"), dav("need-privileges")),
        (Refused("no", rule="r"), 403, dav("need-privileges"), dav("need-privileges")),
        (UidConflict("no", Href("a.ics")), 409, caldav("no-uid-conflict"), carddav("no-uid-conflict")),
        (InvalidContent("no"), 403, caldav("valid-calendar-data"), carddav("valid-address-data")),
        (UnsupportedContent("no"), 403, caldav("supported-calendar-component"), carddav("supported-address-data")),
        (TooLarge("no", 5), 403, caldav("max-resource-size"), carddav("max-resource-size")),
        (TokenExpired("no"), 403, dav("valid-sync-token"), dav("valid-sync-token")),
    ],
)
def test_preconditions_are_named(error: Exception, status: int, in_calendars: QName, in_address_books: QName) -> None:
    for is_cards, expected in ((False, in_calendars), (True, in_address_books)):
        response = answer(error, _scene(is_cards=is_cards))
        assert response.status == status
        assert response.headers["Content-Type"].startswith("application/xml")
        assert _preconditions(response.body) == [expected]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("secret name"), 404),
        (NotAuthenticated("secret"), 401),
        (PreconditionFailed("changed"), 412),
        (AlreadyExists("taken"), 409),
        (Unavailable("later"), 503),
        (Malformed(413, "large"), 413),
        (DavError(405, "no"), 405),
    ],
)
def test_plain_statuses(error: Exception, status: int) -> None:
    response = answer(error, _scene())
    assert response.status == status
    assert isinstance(response.body, bytes)
    assert b"secret" not in response.body


@pytest.mark.parametrize(
    ("lacks", "method", "url", "privilege"),
    [
        (Right.CREATE, "PUT", "/dav/x/", "bind"),
        (Right.REMOVE, "DELETE", "/dav/x/", "unbind"),
        (Right.CHANGE, "PUT", "/dav/x/y&z", "write-content"),
        (Right.CREATE, "POST", "/dav/x/y&z", "bind"),
        (Right.CREATE, "MOVE", "/dav/to/", "bind"),
        (Right.REMOVE, "MOVE", "/dav/x/", "unbind"),
        (Right.NONE, "PROPPATCH", "/dav/x/y&z", "write-properties"),
        (Right.NONE, "ACL", "/dav/x/y&z", "write-acl"),
        (Right.NONE, "REPORT", "/dav/x/y&z", "read-acl"),
        (Right.NONE, "LOCK", "/dav/x/y&z", "write"),
    ],
)
def test_a_refusal_says_which_privilege_is_needed_where(lacks: Right, method: str, url: str, privilege: str) -> None:
    destination = "/dav/to/z" if method == "MOVE" else ""
    scene = Scene("/dav/x/y&z", False, False, lambda _: "", method, destination)
    body = answer(NoPermission("no", lacks), scene).body
    assert isinstance(body, bytes)
    (resource,) = etree.fromstring(body).findall("{DAV:}need-privileges/{DAV:}resource")
    (needed,) = resource.findall("{DAV:}privilege/*")
    assert (resource.findtext("{DAV:}href"), needed.tag) == (url, f"{{DAV:}}{privilege}")


def test_a_write_without_a_collection_is_a_conflict() -> None:
    assert answer(NotFound(), _scene(creates=True)).status == 409


def test_an_unavailable_store_says_when_to_come_back() -> None:
    assert int(answer(Unavailable("later"), _scene()).headers["Retry-After"]) > 0


def test_credentials_are_asked_for() -> None:
    assert answer(NotAuthenticated(), _scene()).headers["WWW-Authenticate"].startswith('Basic realm="')


def test_a_refusal_is_readable_and_escaped() -> None:
    body = answer(Refused("A <meeting> needs a start & an end.", rule="times"), _scene()).body
    assert isinstance(body, bytes)
    assert "A <meeting> needs a start & an end." in "".join(map(str, etree.fromstring(body).itertext()))


def test_a_uid_conflict_names_the_other_resource() -> None:
    body = answer(UidConflict("no", Href("other.ics")), _scene()).body
    assert isinstance(body, bytes)
    assert b"<C:no-uid-conflict><D:href>/dav/other.ics</D:href></C:no-uid-conflict>" in body


@pytest.mark.parametrize("error", [ValueError("secret"), ConfigError("secret"), KeyError("secret")])
def test_what_nobody_foresaw_is_logged_and_not_told(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = answer(error, _scene())
    assert response.status == 500
    assert isinstance(response.body, bytes)
    assert b"secret" not in response.body
    assert len(caplog.records) == 1
