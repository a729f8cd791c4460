"""The properties of RFC 6352."""

from __future__ import annotations

from typing import Final

from gateway.core.limits import PICTURE_LARGEST
from gateway.core.model import Shape
from gateway.formats.versions import VERSIONS
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import carddav
from protocols.dav.partial import Part, read_part
from protocols.dav.properties.collection import CollationSet, Description, LargestResource, OfCollection
from protocols.dav.property import ONLY_COLLECTION, ONLY_PRINCIPAL, ONLY_RESOURCE, Property
from protocols.dav.representations import CARDS, Form, form
from protocols.dav.tree import Area, Kind, Node, home_url


def is_address_book(node: Node) -> bool:
    """Whether the node is an address book, or in one."""
    return node.collection is not None and node.collection.shape is Shape.CARD


class AddressbookHomeSet(Property):
    """RFC 6352 §7.1.1."""

    name = carddav("addressbook-home-set")
    kinds = ONLY_PRINCIPAL | {Kind.ROOT}

    def value(self, node: Node) -> str:
        """The one home."""
        return xml.href(home_url(node.who, Area.ADDRESS_BOOKS))


class DirectoryGateway(Property):
    """Of no RFC (draft-daboo-carddav-directory-gateway): where Apple's programs look people up as one types."""

    name = carddav("directory-gateway")
    kinds = ONLY_PRINCIPAL
    needs_directories = True

    def value(self, node: Node) -> str | None:
        """The address books that the configuration calls directories."""
        return "".join(map(xml.href, node.directories)) or None


class SupportedAddressData(Property):
    """RFC 6352 §6.2.2."""

    name = carddav("supported-address-data")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """One CR:address-data-type for each version."""
        if not is_address_book(node):
            return None
        # Clients take the first they know: 3.0 for those that write what they read, 4.0 for those that look for it.
        return "".join(f'<CR:address-data-type content-type="text/vcard" version="{version}"/>' for version in VERSIONS)


class OfAddressBook(OfCollection):
    """A property of address books."""

    def belongs(self, node: Node) -> bool:
        """Whether the node is an address book, or in one."""
        return is_address_book(node)


class SupportedCollationSet(OfAddressBook, CollationSet):
    """RFC 6352 §8.3.1."""

    name = carddav("supported-collation-set")
    prefix = "CR"


class MaxResourceSize(OfAddressBook, LargestResource):
    """RFC 6352 §6.2.3."""

    name = carddav("max-resource-size")


class MaxImageSize(OfAddressBook):
    """Of no RFC: Apple's programs scale a photo down to it before they send it."""

    name = carddav("max-image-size")

    def said(self, node: Node) -> str:
        """Bytes."""
        return str(PICTURE_LARGEST)


class AddressbookDescription(OfAddressBook, Description):
    """RFC 6352 §6.2.1."""

    name = carddav("addressbook-description")


class AddressData(Property):
    """RFC 6352 §10.4: the content in the version asked for, or some of its properties; only reports have it."""

    name = carddav("address-data")
    kinds = ONLY_RESOURCE
    needs_content = True

    def __init__(self, part: Part | None = None, wanted: Form = CARDS[0]) -> None:
        super().__init__()
        self.part, self.form = part, wanted

    def asked(self, element: xml.Element) -> Property:
        """In the form and with the properties that are named. Raises DavError for another media type or version."""
        media_type = element.get("content-type", "text/vcard")
        # RFC 6352 §10.4: without attributes, text/vcard of version 3.0.
        wanted = form(CARDS, media_type, element.get("version", ""))
        if wanted is None:
            # RFC 6352 §8.6, §8.7: supported-address-data
            raise DavError(
                403, f"Content is text/vcard, version {' or '.join(VERSIONS)}.", carddav("supported-address-data")
            )
        return AddressData(read_part(element) if len(element) else None, wanted)

    def value(self, node: Node) -> str | None:
        """The document in this form, or the part that is wanted."""
        if node.content is None or not is_address_book(node):
            return None
        return xml.escape_content(self.form.of(node.content, self.part))


ALL: Final = (
    AddressbookHomeSet,
    DirectoryGateway,
    SupportedAddressData,
    SupportedCollationSet,
    MaxResourceSize,
    MaxImageSize,
    AddressbookDescription,
    AddressData,
)
