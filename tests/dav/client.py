"""A DAV client without sockets: asks the service as one principal, and reads its answers as XML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from gateway.core.model import Principal
from protocols.dav.service import Service
from protocols.dav.types import DavRequest

NAMESPACES = {
    "D": "DAV:",
    "C": "urn:ietf:params:xml:ns:caldav",
    "CR": "urn:ietf:params:xml:ns:carddav",
    "CS": "http://calendarserver.org/ns/",
    "A": "http://apple.com/ns/ical/",
}
DECLARED = " ".join(f'xmlns:{prefix}="{namespace}"' for prefix, namespace in NAMESPACES.items())


@dataclass(frozen=True)
class Resource:
    """One DAV:response of a multistatus."""

    href: str
    status: str
    """Of the whole resource; empty where it has propstats."""
    found: dict[str, etree._Element]
    missing: set[str]
    """Names that came with another status than 200."""
    error: str = ""
    refused: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    """By prefixed name: such a status, where it is not 404, and the preconditions beside it."""

    def text(self, name: str) -> str:
        return "".join(map(str, self.found[_clark(name)].itertext()))

    def has(self, name: str) -> bool:
        return _clark(name) in self.found

    def lacks(self, name: str) -> bool:
        return _clark(name) in self.missing

    def hrefs(self, name: str) -> list[str]:
        return [element.text or "" for element in self.found[_clark(name)].iter("{DAV:}href")]

    def children(self, name: str) -> list[str]:
        return [_prefixed(str(element.tag)) for element in self.found[_clark(name)]]

    def descendants(self, name: str) -> list[str]:
        return [_prefixed(str(element.tag)) for element in self.found[_clark(name)].iter()][1:]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    resources: list[Resource] = field(default_factory=list)

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def etag(self) -> str:
        return self.headers["ETag"]

    @property
    def hrefs(self) -> list[str]:
        return [resource.href for resource in self.resources]

    def at(self, href: str) -> Resource:
        (only,) = [resource for resource in self.resources if unquote(resource.href) == unquote(href)]
        return only

    @property
    def only(self) -> Resource:
        (resource,) = self.resources
        return resource

    @property
    def sync_token(self) -> str:
        token = self.xml.find("{DAV:}sync-token")
        assert token is not None
        return token.text or ""

    @property
    def preconditions(self) -> list[str]:
        """The elements in a DAV:error, our own message aside."""
        root = self.xml
        assert root.tag == "{DAV:}error"
        return [_prefixed(str(child.tag)) for child in root if not str(child.tag).startswith("{urn:crmgate")]


class Client:
    def __init__(self, service: Service, who: Principal) -> None:
        self.service = service
        self.who = who
        self.home = f"/dav/calendars/{who.login}/"
        self.books = f"/dav/addressbooks/{who.login}/"

    async def ask(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """Header names are written with underscores."""
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        raw = body.encode() if isinstance(body, str) else body
        bare, _, query = path.partition("?")
        response = await self.service.answer(DavRequest(method, bare, self.who, named, raw, query))
        content = (
            response.body if isinstance(response.body, bytes) else b"".join([part async for part in response.body])
        )
        found = list(resources(content)) if response.status == 207 else []
        return Answer(response.status, dict(response.headers), content, found)

    async def propfind(self, path: str, *names: str, depth: str = "0", **headers: str) -> Answer:
        """Ask for properties by prefixed name (`D:getetag`)."""
        return await self.ask("PROPFIND", path, propfind_body(*names), depth=depth, **headers)

    async def proppatch(self, path: str, properties: str, remove: str = "", **headers: str) -> Answer:
        """Set properties (given as XML, with the usual prefixes), and then remove some."""
        taken = f"<D:remove><D:prop>{remove}</D:prop></D:remove>" if remove else ""
        given = f"<D:set><D:prop>{properties}</D:prop></D:set>" if properties else ""
        body = f"<D:propertyupdate {DECLARED}>{given}{taken}</D:propertyupdate>"
        return await self.ask("PROPPATCH", path, body, **headers)

    async def sync(self, path: str, token: str = "", *names: str, limit: int | None = None, **headers: str) -> Answer:
        return await self.ask("REPORT", path, sync_body(token, *names, limit=limit), **headers)

    async def multiget(self, path: str, hrefs: Iterable[str], *names: str, **headers: str) -> Answer:
        return await self.ask("REPORT", path, multiget_body(path, hrefs, *names), **headers)


def propfind_body(*names: str) -> str:
    props = "".join(f"<{name}/>" for name in names)
    return f"<D:propfind {DECLARED}><D:prop>{props}</D:prop></D:propfind>"


def sync_body(token: str, *names: str, limit: int | None = None) -> str:
    props = "".join(f"<{name}/>" for name in names or ("D:getetag",))
    nresults = "" if limit is None else f"<D:limit><D:nresults>{limit}</D:nresults></D:limit>"
    return (
        f"<D:sync-collection {DECLARED}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
        f"{nresults}<D:prop>{props}</D:prop></D:sync-collection>"
    )


def data_property(path: str) -> str:
    """What a collection's documents are called."""
    return "CR:address-data" if path.startswith("/dav/addressbooks/") else "C:calendar-data"


def multiget_body(path: str, hrefs: Iterable[str], *names: str) -> str:
    data = data_property(path)
    report = "CR:addressbook-multiget" if data == "CR:address-data" else "C:calendar-multiget"
    props = "".join(f"<{name}/>" for name in names or ("D:getetag", data))
    asked = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
    return f"<{report} {DECLARED}><D:prop>{props}</D:prop>{asked}</{report}>"


def resources(body: bytes) -> Iterable[Resource]:
    """The responses of a multistatus."""
    for response in etree.fromstring(body).findall("{DAV:}response"):
        found: dict[str, etree._Element] = {}
        missing: set[str] = set()
        refused: dict[str, tuple[str, list[str]]] = {}
        for propstat in response.findall("{DAV:}propstat"):
            status = propstat.findtext("{DAV:}status") or ""
            prop = propstat.find("{DAV:}prop")
            assert prop is not None
            if status == "HTTP/1.1 200 OK":
                found |= {str(element.tag): element for element in prop}
                continue
            missing |= {str(element.tag) for element in prop}
            if status != "HTTP/1.1 404 Not Found":
                why = [_prefixed(str(one.tag)) for one in propstat.iterfind("{DAV:}error/*")]
                named = {_prefixed(str(element.tag)): (status.removeprefix("HTTP/1.1 "), why) for element in prop}
                refused |= named
        error = response.find("{DAV:}error")
        yield Resource(
            href=response.findtext("{DAV:}href") or "",
            status=(response.findtext("{DAV:}status") or "").removeprefix("HTTP/1.1 "),
            found=found,
            missing=missing,
            error="" if error is None else _prefixed(str(error[0].tag)),
            refused=refused,
        )


def _clark(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _prefixed(tag: str) -> str:
    for prefix, namespace in NAMESPACES.items():
        if tag.startswith(f"{{{namespace}}}"):
            return f"{prefix}:{tag.removeprefix(f'{{{namespace}}}')}"
    return tag
