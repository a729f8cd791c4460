"""The two mails of the sample, and how their original bytes are made.

The CRM's row of a mail has columns only; the gateway keeps the bytes. `compose` makes them from the same facts, the
same bytes each time (fixed boundaries), so that row and message agree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%Angebot\n%%EOF"

Person = tuple[str, str]
"""Display name, address."""


@dataclass(frozen=True, slots=True)
class SampleMail:
    """A mail of the sample. `attachment` is a file name (of `PDF`), empty for none."""

    message_id: str
    direction: str
    subject: str
    sent: dt.datetime
    sender: Person
    to: tuple[Person, ...]
    text: str
    html: str
    cc: tuple[Person, ...] = ()
    in_reply_to: str = ""
    attachment: str = ""


_ANNA = ("Anna Schmidt", "anna@crm.example")
_BOB = ("Bob Miller", "bob@crm.example")
_ERIKA = ("Dr. Erika Mustermann", "erika.mustermann@nordwind.example")

OFFER = SampleMail(
    message_id="<offer-001@crm.example>",
    direction="out",
    subject="Your offer 2026-001",
    sent=dt.datetime(2026, 3, 5, 13, 20, tzinfo=dt.UTC),
    sender=_ANNA,
    to=(_ERIKA,),
    cc=(_BOB,),
    text="Dear Dr. Mustermann,\n\nplease find our offer attached.\n",
    html="<p>Dear Dr. Mustermann,</p><p>please find our <b>offer</b> attached.</p>\n",
    attachment="Angebot-2026-001.pdf",
)

ANSWER = SampleMail(
    message_id="<re-001@nordwind.example>",
    direction="in",
    subject="AW: Your offer 2026-001",
    sent=dt.datetime(2026, 3, 6, 7, 45, tzinfo=dt.UTC),
    sender=_ERIKA,
    to=(_ANNA,),
    text="Danke, sieht gut aus. Grüße, Erika\n",
    html="<div>Danke, sieht gut aus. Grüße, Erika</div>\n",
    in_reply_to=OFFER.message_id,
)


def compose(mail: SampleMail) -> bytes:
    """The message's bytes (RFC 5322, CRLF line ends, 7-bit clean): text, HTML beside it, the attachment around both."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.sent)
    message["From"] = formataddr(mail.sender)
    message["To"] = ", ".join(map(formataddr, mail.to))
    if mail.cc:
        message["Cc"] = ", ".join(map(formataddr, mail.cc))
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
        message["References"] = mail.in_reply_to
    message["Subject"] = mail.subject
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.attachment:
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename=mail.attachment)
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{mail.message_id.strip('<>').partition('@')[0]}")
    return message.as_bytes()
