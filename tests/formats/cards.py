"""Cards as programs write them, for the tests beside."""

from __future__ import annotations

from gateway.core.ids import ObjectUid
from gateway.core.tree import Component
from gateway.formats.card import CardCodec
from gateway.formats.contentline import parse, serialise

IPHONE = b"""\
BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 17.0//EN
N:Lovelace;Ada;King,Byron;Dr.;
FN:Dr. Ada Lovelace
ORG:Analytical Engines;Number Crunching;Night Shift;
TITLE:Programmer
item1.EMAIL;type=INTERNET;type=WORK;type=pref:Ada@Example.com
item1.X-ABLabel:_$!<Work>!$_
EMAIL;type=INTERNET;type=HOME:ada@home.example
TEL;type=CELL;type=VOICE;type=pref:+49 (170) 123-4567
item2.TEL:030 1
item2.X-ABLabel:Boat
item3.ADR;type=HOME;type=pref:PO 7;;Ring 1\\n2nd floor;Berlin;;10115;Germany
item3.X-ABADR:de
BDAY;value=date:1815-12-10
NOTE:first\\nsecond\\, third
PHOTO;ENCODING=b;TYPE=JPEG;X-ABCROP-RECTANGLE=Clip&0&0&1&1:/9j/MTIz
X-SOCIALPROFILE;type=twitter:https://example.com/ada
REV:2026-01-01T00:00:00Z
UID:ada-1
END:VCARD
""".replace(b"\n", b"\r\n")

THUNDERBIRD = b"""\
BEGIN:VCARD
VERSION:4.0
FN:Ada Lovelace
N:Lovelace;Ada;;;
EMAIL;PREF=50;TYPE=home:ada@home.example
EMAIL;PREF=1;TYPE=work:ada@example.com
TEL;VALUE=URI;TYPE="voice,cell":tel:+49-170-1234567
BDAY;VALUE=DATE:18151210
PHOTO:data:image/png;base64,iVBORzEyMw==
KIND:org
URL;TYPE=work:https://example.com/a\\,b
ADR;TYPE=work;LABEL="Ring 1":;;Ring 1;Berlin;;10115;Germany
UID:urn:uuid:8f2b
END:VCARD
""".replace(b"\n", b"\r\n")

NOKIA = b"""\
BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FCrgen
TEL;CELL;PREF:+49170
TEL;WORK;FAX:030
EMAIL;INTERNET:j@example.com
NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=
two, three; four
ADR;HOME;ENCODING=QUOTED-PRINTABLE:;;Weg 1=0AHof;Ort;;1;Land
PHOTO;JPEG;ENCODING=BASE64:
 /9j/
 MTIz

END:VCARD
""".replace(b"\n", b"\r\n")


def tree(document: bytes) -> Component:
    """The one component of a document."""
    (component,) = parse(document)
    return component


def blank(version: str = "3.0") -> Component:
    """A new card of a version."""
    card = CardCodec().blank(ObjectUid("u-1"))
    line = card.line("VERSION")
    assert line is not None
    line.value = version
    return card


def difference(before: bytes, after: Component) -> tuple[list[str], list[str]]:
    """The unfolded lines that went and those that came."""
    old, new = (text.replace("\r\n ", "").split("\r\n") for text in (before.decode(), serialise(after).decode()))
    return [line for line in old if line not in new], [line for line in new if line not in old]
