"""The URL tree, and the only code that knows its shape.

    /dav/                                     root
    /dav/principals/<login>/                  the principal
    /dav/principals/<login>/calendar-proxy-write/   the group of those who act for him in his calendars; -read likewise
    /dav/notifications/<login>/<token>.xml    what he is told of by others
    /dav/calendars/<login>/<slug>/<href>      home set, collection, resource
    /dav/calendars/<login>/inbox/, outbox/    scheduling: the inbox is a collection, the outbox a place to post to
    /dav/addressbooks/<login>/<slug>/<href>
    /dav/attachments/<id>/<name>              a file of events (RFC 8607)
    /dav/push/<name>                          a registration for pushes
    /dav/files/<login>/<folder>/…/<file>      folders and files; which of them a path means only the store knows

`locate` reads a path into a `Place` of the principal's own without asking anybody; `find` asks the store whether
somebody else's is his to see as well. `resolve` and `members` make `Node`s of a place, which is what properties are
read from. Of other people a principal sees their names (`Kind.COLLEAGUE`) as far as the store lets him, and the calendar
home of one for whom he acts, under that one's URLs. Everything else of another login is `NotFound`, whether it exists
or not, and costs the same; what others share with him stands in his own home.
A handful of further paths at which clients begin to look
(`/`, `/principals/`) are the root under another name.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from gateway.core.errors import NotFound
from gateway.core.files import FileNode, FilePath, Quota
from gateway.core.ids import Href
from gateway.core.keeping import FullStore, Look
from gateway.core.locks import Lock
from gateway.core.model import NOBODY, Collection, CollectionName, Entry, Principal, Section
from gateway.core.sharing import Access, Invitation, LetsIn, Proxy, Share

PREFIX: Final = "/dav/"
MAX_SEGMENT: Final = 255
"""Characters of a login, slug or href."""
ADD_MEMBER: Final = "add-member"
"""The query of a collection's URL under which it takes resources without a name (RFC 5995 §3.2)."""


NO_HREF: Final = Href("")
INBOX: Final = "inbox"
OUTBOX: Final = "outbox"
"""Where in the home of calendars scheduling has its two collections."""


class Kind(enum.Enum):
    """What stands at a place."""

    ROOT = "root"
    PRINCIPALS = "principals"
    PRINCIPAL = "principal"
    COLLEAGUE = "colleague"
    """Another principal."""
    GROUP = "group"
    """Those who act for a principal."""
    NOTIFICATIONS = "notifications"
    NOTIFICATION = "notification"
    HOMES = "homes"
    HOME = "home"
    COLLECTION = "collection"
    RESOURCE = "resource"
    ATTACHMENT = "attachment"
    """A file of a calendar object (RFC 8607)."""
    REGISTRATION = "registration"
    """A registration for pushes; nothing but its end can be asked for."""
    FOLDER = "folder"
    FILE = "file"
    """As a place: a path in the file area, whatever is there."""
    OUTBOX = "outbox"
    """Where scheduling messages are posted to (RFC 6638 §2.1); nothing ever stands there."""


ANY_PERSON: Final = frozenset({Kind.PRINCIPAL, Kind.COLLEAGUE})


class Area(enum.Enum):
    """The parts of the tree that have a home for each principal."""

    CALENDARS = "calendars"
    ADDRESS_BOOKS = "addressbooks"
    FILES = "files"


SECTION: Final = {Area.CALENDARS: Section.CALENDARS, Area.ADDRESS_BOOKS: Section.ADDRESS_BOOKS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path points. `url` is the path in the form we write it ourselves."""

    kind: Kind
    url: str
    area: Area | None = None
    slug: str = ""
    href: Href = NO_HREF
    path: FilePath = ()
    """Of the file area: below its home."""
    is_directory: bool = False
    """Whether a path of the file area was written as that of a folder."""
    whose: Principal | None = None
    """Whose it is, where it is not one's own."""

    @property
    def name(self) -> CollectionName:
        """The collection this is, or is in. Raises NotFound where there can be none."""
        section = None if self.area is None else SECTION.get(self.area)
        if section is None or not self.slug:
            raise NotFound
        return CollectionName(section, self.slug, NOBODY if self.whose is None else self.whose.id)

    @property
    def collection_url(self) -> str:
        """The URL of the collection this is, or is in."""
        return self.url if self.kind is Kind.COLLECTION else self.url.rpartition("/")[0] + "/"

    @property
    def is_among_cards(self) -> bool:
        """Whether what is here is an address book, or in one."""
        return self.area is Area.ADDRESS_BOOKS


@dataclass(frozen=True, slots=True)
class Ties:
    """Who acts for the one who asks, and for whom he does."""

    proxies: Sequence[Proxy]
    acts_for: Sequence[Proxy]


@dataclass(slots=True)
class Node:
    """What is at a place, as one principal sees it. `content` is there only where a report asked for it."""

    kind: Kind
    url: str
    who: Principal
    area: Area | None = None
    collection: Collection | None = None
    entry: Entry | None = None
    file: FileNode | None = None
    locks: Sequence[Lock] | None = None
    """Of all that it stands among; None where they have not been read."""
    quota: Quota | None = None
    directories: Sequence[str] = ()
    """URLs of the principal's directories, as far as they were asked for."""
    content: bytes | None = None
    whose: Principal | None = None
    ties: Ties | None = None
    """Only where a property asks for it, and so the next."""
    shares: Sequence[Share] = ()
    invitation: Invitation | None = None
    """What a notification tells."""
    said: Look = field(default_factory=dict)
    """What the principal has said of it, as far as it was asked for; of a collection, `look` knows without asking."""

    @property
    def subject(self) -> Principal:
        """Whose it is."""
        return self.whose or self.who

    @property
    def look(self) -> Look:
        """What the principal has said of it."""
        if self.file is not None:
            return self.file.look
        if self.kind is Kind.COLLECTION and self.collection is not None:
            return self.collection.look
        return self.said


# Clients look here before they know us (iOS and macOS after the well-known addresses); answered like the root, and
# alike for every name, so they tell nothing.
_ALIAS = re.compile(r"/(?:principals/(?:users/(?:[^/]+/)?)?|calendar/dav/[^/]+/user/)?")
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


def encode(segment: str) -> str:
    """A path segment for the wire: everything but RFC 3986's unreserved characters percent-encoded, always alike."""
    return segment if _PLAIN.fullmatch(segment) else quote(segment, safe="~")


def principal_url(who: Principal) -> str:
    """The principal's own URL."""
    return f"{PREFIX}principals/{encode(who.login)}/"


GROUPS: Final = {Access.READ: "calendar-proxy-read", Access.WRITE: "calendar-proxy-write"}


def group_url(who: Principal, access: Access) -> str:
    """The group of those who act for a principal."""
    return f"{principal_url(who)}{GROUPS[access]}/"


NOTIFICATION_EXTENSION: Final = ".xml"


def notification_href(invitation: Invitation) -> Href:
    """The name of a notification among the others."""
    return Href(f"{invitation.token}{NOTIFICATION_EXTENSION}")


def notifications_url(who: Principal) -> str:
    """Where a principal is told of what others do."""
    return f"{PREFIX}notifications/{encode(who.login)}/"


def home_url(who: Principal, area: Area) -> str:
    """The principal's home in one area."""
    return f"{PREFIX}{area.value}/{encode(who.login)}/"


def inbox_url(who: Principal) -> str:
    """Where scheduling messages come to."""
    return f"{home_url(who, Area.CALENDARS)}{INBOX}/"


def outbox_url(who: Principal) -> str:
    """Where they are posted to."""
    return f"{home_url(who, Area.CALENDARS)}{OUTBOX}/"


def attachment_url(managed_id: str, name: str) -> str:
    """Where a file of a calendar object is."""
    return f"{PREFIX}attachments/{encode(managed_id)}/{encode(name)}"


def registration_url(name: str) -> str:
    """Where a registration for pushes is ended."""
    return f"{PREFIX}push/{encode(name)}"


def collection_url(who: Principal, name: CollectionName) -> str:
    """A collection in the principal's home."""
    return f"{PREFIX}{name.section.value}/{encode(who.login)}/{encode(name.slug)}/"


def locate(path: str, who: Principal) -> Place:
    """The place a percent-encoded path means to this principal. Raises NotFound for all that is not his."""
    login, place = _read(path, who)
    if login != who.login:
        raise NotFound
    return place


async def find(path: str, store: LetsIn, who: Principal) -> Place:
    """The same, and what others let him see. Raises NotFound."""
    login, place = _read(path, who)
    if login == who.login:
        return place
    if place.kind is Kind.PRINCIPAL:
        return replace(place, kind=Kind.COLLEAGUE, whose=await store.person(who, login))
    is_of_calendars = place.area is Area.CALENDARS and place.kind is not Kind.OUTBOX
    if place.kind is not Kind.GROUP and not is_of_calendars:
        raise NotFound
    # What is asked depends on who asks and not on whom he asks about.
    for proxy in await store.acts_for(who):
        if proxy.person.login == login and (place.kind is not Kind.GROUP or place.slug == GROUPS[proxy.access]):
            return replace(place, whose=proxy.person)
    raise NotFound


def canonical(path: str, who: Principal) -> str:
    """A path in the form we write it ourselves, whosever it is. Raises NotFound where nothing can be."""
    return _read(path, who)[1].url


def href_within(place: Place, reference: str, who: Principal) -> Href | None:
    """The href a reference means in the collection a place is, or is in; None where it means anything else."""
    try:
        _, meant = _read(path_of(reference), who)
    except NotFound:
        return None
    return meant.href if meant.kind is Kind.RESOURCE and meant.collection_url == place.collection_url else None


def _read(path: str, who: Principal) -> tuple[str, Place]:
    """Whose place a path means, one's own where it names nobody, and the place. Raises NotFound where none can be."""
    slashed = path if path.endswith("/") else path + "/"
    if path and _ALIAS.fullmatch(slashed):
        return who.login, Place(Kind.ROOT, path)
    if not slashed.startswith(PREFIX):
        raise NotFound
    is_directory = path.endswith("/")
    segments = [_decode(segment) for segment in slashed[len(PREFIX) : -1].split("/")] if slashed != PREFIX else []
    match segments:
        case []:
            return who.login, Place(Kind.ROOT, PREFIX)
        case ["attachments", name, _] if not is_directory:
            return who.login, Place(Kind.ATTACHMENT, path, href=Href(name))
        case ["push", name] if not is_directory:
            return who.login, Place(Kind.REGISTRATION, registration_url(name), href=Href(name))
        case ["principals"]:
            return who.login, Place(Kind.PRINCIPALS, PREFIX + "principals/")
        case ["principals", login]:
            return login, Place(Kind.PRINCIPAL, f"{PREFIX}principals/{encode(login)}/")
        case ["principals", login, group] if group in GROUPS.values():
            return login, Place(Kind.GROUP, f"{PREFIX}principals/{encode(login)}/{group}/", slug=group)
        case ["notifications", login]:
            return login, Place(Kind.NOTIFICATIONS, f"{PREFIX}notifications/{encode(login)}/")
        case ["notifications", login, href] if not is_directory:
            url = f"{PREFIX}notifications/{encode(login)}/{encode(href)}"
            return login, Place(Kind.NOTIFICATION, url, href=Href(href))
        case [word] if (area := _area(word)) is not None:
            return who.login, Place(Kind.HOMES, f"{PREFIX}{area.value}/", area)
        case [word, login, *rest] if (area := _area(word)) is not None:
            return login, _within(area, login, rest, is_directory=is_directory)
    raise NotFound


def _within(area: Area, login: str, segments: list[str], *, is_directory: bool) -> Place:
    url = f"{PREFIX}{area.value}/{encode(login)}/"
    match segments:
        case []:
            return Place(Kind.HOME, url, area)
        case [slug] if area is Area.CALENDARS and slug == OUTBOX:
            return Place(Kind.OUTBOX, f"{url}{OUTBOX}/", area)
        case path if area is Area.FILES:
            return Place(
                Kind.FILE, url + "/".join(map(encode, path)), area, path=tuple(path), is_directory=is_directory
            )
        case [slug] if area in SECTION:
            return Place(Kind.COLLECTION, f"{url}{encode(slug)}/", area, slug)
        case [slug, href] if area in SECTION and not is_directory:
            return Place(Kind.RESOURCE, f"{url}{encode(slug)}/{encode(href)}", area, slug, Href(href))
    raise NotFound


def _area(word: str) -> Area | None:
    return next((area for area in Area if area.value == word), None)


def _decode(segment: str) -> str:
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise NotFound from None
    if not text or len(text) > MAX_SEGMENT or text in {".", ".."} or "\0" in text:
        raise NotFound
    return text


def path_of(reference: str) -> str:
    """The path of an href in a request body: a path or an absolute URL, of whatever host we are known by."""
    reference = reference.strip()
    if reference.startswith("/") and not reference.startswith("//"):
        return reference.partition("?")[0].partition("#")[0]
    try:
        return urlsplit(reference).path
    except ValueError:
        raise NotFound from None


async def resolve(place: Place, store: FullStore, who: Principal) -> Node:
    """What is at the place: one question to the store for a collection or a resource, none above. Raises NotFound."""
    if place.area is Area.FILES and place.kind is not Kind.HOMES:
        return file_node(who, await store.file(who, place.path))
    node = Node(place.kind, place.url, who, place.area, whose=place.whose)
    if place.kind is Kind.COLLECTION:
        node.collection = await store.collection(who, place.name)
    elif place.kind is Kind.RESOURCE:
        node.collection, entries = await store.entries(who, place.name, [place.href])
        if not entries:
            raise NotFound
        node.entry = entries[0]
    elif place.kind is Kind.NOTIFICATION:
        told = await store.invitations(who)
        node.invitation = next((one for one in told if notification_href(one) == place.href), None)
        if node.invitation is None:
            raise NotFound
    return node


async def members(place: Place, store: FullStore, who: Principal) -> tuple[Node, Iterable[Node]]:
    """What is at the place and directly in it (RFC 4918 §10.2, depth 1), with one question to the store at most."""
    if place.kind is Kind.COLLECTION:
        collection, entries = await store.entries(who, place.name)
        top = Node(place.kind, place.url, who, place.area, collection, whose=place.whose)
        return top, (member(top, entry) for entry in entries)
    if place.area is Area.FILES and place.kind is not Kind.HOMES:
        folder, files = await store.folder(who, place.path)
        return file_node(who, folder), (file_node(who, one) for one in files)
    return await resolve(place, store, who), await _below(place, store, who)


async def _below(place: Place, store: FullStore, who: Principal) -> Sequence[Node]:
    if place.kind is Kind.ROOT and place.url == PREFIX:
        homes = [Node(Kind.HOMES, f"{PREFIX}{area.value}/", who, area) for area in Area]
        return [Node(Kind.PRINCIPALS, PREFIX + "principals/", who), *homes]
    if place.kind is Kind.PRINCIPALS:
        return [principal_node(who, one) for one in await store.people(who)]
    if place.kind is Kind.NOTIFICATIONS:
        return [
            Node(Kind.NOTIFICATION, place.url + encode(notification_href(one)), who, invitation=one)
            for one in await store.invitations(who)
        ]
    if place.kind is Kind.PRINCIPAL:
        return [Node(Kind.GROUP, group_url(who, access), who) for access in Access]
    if place.kind is Kind.HOMES and place.area is not None:
        return [Node(Kind.HOME, home_url(who, place.area), who, place.area)]
    if place.kind is Kind.HOME and place.area in SECTION:
        is_own = place.area is Area.CALENDARS and place.whose is None
        outbox = [Node(Kind.OUTBOX, outbox_url(who), who, place.area)] if is_own else []
        return outbox + [
            Node(Kind.COLLECTION, f"{place.url}{encode(one.name.slug)}/", who, place.area, one, whose=place.whose)
            for one in await collections_at(place, store, who)
            if not one.is_directory
        ]
    return []


async def collections_at(place: Place, store: LetsIn, who: Principal) -> Sequence[Collection]:
    """The collections of a home. Raises NotFound."""
    section = None if place.area is None else SECTION.get(place.area)
    found = await (store.collections(who) if place.whose is None else store.home_of(who, place.whose))
    return [collection for collection in found if collection.name.section is section]


def principal_node(who: Principal, whose: Principal) -> Node:
    """A principal as another, or he himself, sees him."""
    if whose.id == who.id:
        return Node(Kind.PRINCIPAL, principal_url(who), who)
    return Node(Kind.COLLEAGUE, principal_url(whose), who, whose=whose)


def member(top: Node, entry: Entry, content: bytes | None = None) -> Node:
    """An entry of a collection as a node."""
    url = top.url + encode(entry.href)
    return Node(
        Kind.RESOURCE,
        url,
        top.who,
        top.area,
        top.collection,
        entry,
        content=content,
        whose=top.whose,
        shares=top.shares,
    )


def file_url(who: Principal, path: FilePath, *, is_folder: bool) -> str:
    """A folder or file of the principal's."""
    return home_url(who, Area.FILES) + "/".join(map(encode, path)) + ("/" if is_folder and path else "")


def file_node(who: Principal, file: FileNode) -> Node:
    """A folder or file as a node; the top of the tree is its home."""
    kind = Kind.HOME if not file.path else Kind.FOLDER if file.is_folder else Kind.FILE
    return Node(kind, file_url(who, file.path, is_folder=file.is_folder), who, Area.FILES, file=file)


def sibling_url(place: Place | None, href: str) -> str:
    """The URL of another resource of the collection a place is in; nothing where it is in none."""
    if place is None or place.kind not in {Kind.COLLECTION, Kind.RESOURCE}:
        return ""
    return place.collection_url + encode(href)
