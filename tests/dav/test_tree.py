"""Paths to places and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import NotFound
from gateway.core.ids import PrincipalId
from gateway.core.model import CollectionName, Principal, Section
from protocols.dav.tree import Area, Kind, collection_url, encode, home_url, locate, path_of, principal_url

ANNA = Principal(PrincipalId("1"), "anna", "Anna", "anna@example.com")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", Kind.ROOT),
        ("/dav", Kind.ROOT),
        ("/dav/", Kind.ROOT),
        ("/principals/", Kind.ROOT),
        ("/principals/users/anna/", Kind.ROOT),
        ("/calendar/dav/nobody/user/", Kind.ROOT),
        ("/dav/principals/", Kind.PRINCIPALS),
        ("/dav/principals/anna", Kind.PRINCIPAL),
        ("/dav/principals/%61nna/", Kind.PRINCIPAL),
        ("/dav/calendars/", Kind.HOMES),
        ("/dav/files/anna/", Kind.HOME),
        ("/dav/addressbooks/anna/", Kind.HOME),
        ("/dav/calendars/anna/work", Kind.COLLECTION),
        ("/dav/calendars/anna/work/", Kind.COLLECTION),
        ("/dav/calendars/anna/work/a%2Fb%40c.ics", Kind.RESOURCE),
    ],
)
def test_paths_that_are_somewhere(path: str, kind: Kind) -> None:
    assert locate(path, ANNA).kind is kind


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "dav/",
        "/davx/",
        "//dav/",
        "/dav//",
        "/DAV/",
        "/dav/mailboxes/anna/",
        "/dav/principals/bob/",
        "/dav/principals/Anna/",
        "/dav/principals/anna/x/",
        "/dav/calendars/bob/",
        "/dav/calendars/bob/work/x.ics",
        "/dav/calendars/nobody/work/x.ics",
        "/dav/calendars/anna/../bob/work/",
        "/dav/calendars/anna/%2e%2e/",
        "/dav/calendars/anna/work/%2E",
        "/dav/calendars/anna/work/a%00b",
        "/dav/calendars/anna/work/a/b",
        "/dav/calendars/anna/work/x.ics/",
        "/dav/calendars/anna/work/%ff",
        "/dav/calendars/%2e%2e%2fanna/work/",
        "/dav/calendars/anna/" + "x" * 256 + "/",
        "/dav/files/bob/x",
        "/dav/files/anna/a//b",
        "/dav/files/anna/a/../b",
        "/etc/passwd",
    ],
)
def test_paths_that_are_nowhere(path: str) -> None:
    with pytest.raises(NotFound):
        locate(path, ANNA)


_SEGMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60).filter(
    lambda text: text not in {".", ".."}
)


@given(_SEGMENTS, _SEGMENTS, _SEGMENTS)
def test_every_name_has_one_url_and_the_url_leads_back(login: str, slug: str, href: str) -> None:
    who = Principal(PrincipalId("1"), login, "", "")
    name = CollectionName(Section.CALENDARS, slug)
    url = collection_url(who, name)
    place = locate(url + encode(href), who)
    assert (place.name, place.href, place.url) == (name, href, url + encode(href))
    assert locate(url, who).url == url
    assert locate(home_url(who, Area.FILES), who).kind is Kind.HOME
    assert locate(principal_url(who), who).kind is Kind.PRINCIPAL


@pytest.mark.parametrize("spelling", ["a@b.ics", "a%40b.ics", "%61%40%62.ics"])
def test_spellings_of_a_path_are_one_place(spelling: str) -> None:
    assert locate(f"/dav/calendars/anna/work/{spelling}", ANNA).url == "/dav/calendars/anna/work/a%40b.ics"


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("/dav/x", "/dav/x"),
        ("https://crm.example:8443/dav/x%20y?z#f", "/dav/x%20y"),
        (" /dav/x ", "/dav/x"),
        ("//evil.example/dav/x", "/dav/x"),
        ("relative", "relative"),
        ("", ""),
    ],
)
def test_references_in_bodies(reference: str, path: str) -> None:
    assert path_of(reference) == path


def test_a_reference_that_is_no_url_is_nowhere() -> None:
    with pytest.raises(NotFound):
        path_of("http://[::1/dav/")
