"""Messages that clients file become the rows vtiger 8 and berliCRM make themselves, and nothing else."""

from __future__ import annotations

import base64

import pytest

from tests.presets.documents import message
from tests.presets.dumps import Snapshot
from tests.presets.vtiger import PNG, RECORD, Vtiger, entity, holds, only


@pytest.fixture
def before(vtiger: Vtiger) -> Snapshot:
    return vtiger.tables()


NEWS = message(
    "Message-ID: <news@crm.example>", "From: Anna Schmidt <anna@crm.example>",
    "To: Erika Mustermann <erika@privat.example>, neu@else.example", "Cc: bob@crm.example, info@nordwind.example",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "Date: Mon, 11 May 2026 07:45:10 +0200", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit", "", "Hello <you> & all", "",
)  # fmt: skip


def test_a_filed_message_is_tied_to_the_records_it_is_about(vtiger: Vtiger, before: Snapshot) -> None:
    uid = vtiger.anna.append("Sent", NEWS, r"(\Seen)")
    assert vtiger.changed(before) == RECORD | {
        "vtiger_activity": (0, 1), "vtiger_emaildetails": (0, 1), "vtiger_seactivityrel": (0, 2),
    }  # fmt: skip
    key = vtiger.last()
    row = entity(vtiger, key, setype="Emails", smownerid=5, smcreatorid=5, label="Grüße", deleted=0)
    assert "Hello &lt;you&gt; &amp; all" in str(row["description"])
    holds(
        only(vtiger, "vtiger_activity", "activityid", key),
        activitytype="Emails",
        subject="Grüße",
        semodule="",
        date_start="2026-05-11",
        time_start="05:45:10",
        due_date=None,
        time_end=None,
        visibility="all",
    )
    holds(
        only(vtiger, "vtiger_emaildetails", "emailid", key),
        from_email="anna@crm.example",
        to_email='["erika@privat.example", "neu@else.example"]',
        cc_email='["bob@crm.example", "info@nordwind.example"]',
        idlists="4@1|",
        email_flag="SENT",
        assigned_user_email="",
    )
    found = vtiger.rows("SELECT crmid FROM vtiger_seactivityrel WHERE activityid = :key", key=key)
    assert {one["crmid"] for one in found} == {2, 4}
    (mail,) = [one for one in vtiger.anna.messages("Sent") if one.uid == uid]
    assert mail.raw == NEWS
    assert r"\Seen" in mail.flags


def test_a_message_that_is_hidden_stays_in_the_crm(vtiger: Vtiger) -> None:
    (mail,) = [one for one in vtiger.anna.messages("Sent") if one.subject == "Your offer 2026-001"]
    before = vtiger.tables()
    vtiger.anna.flag("Sent", mail.uid, r"+FLAGS (\Flagged)")
    vtiger.anna.move("Sent", mail.uid, "Archive")
    assert [one.raw for one in vtiger.anna.messages("Archive")] == [mail.raw]
    assert mail.raw not in [one.raw for one in vtiger.anna.messages("Sent")]
    assert vtiger.changed(before) == {}


def test_a_message_of_the_crm_is_taken_away_by_the_crm(vtiger: Vtiger) -> None:
    assert [one.subject for one in vtiger.anna.messages("INBOX")] == ["AW: Your offer 2026-001"]
    vtiger.sql("UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = 21")
    assert vtiger.anna.messages("INBOX") == []
    vtiger.sql("UPDATE vtiger_crmentity SET deleted = 0 WHERE crmid = 21")
    assert len(vtiger.anna.messages("INBOX")) == 1


def test_the_files_of_a_filed_message_are_the_crms_too(vtiger: Vtiger, before: Snapshot) -> None:
    raw = message(
        "Message-ID: <offer@crm.example>", "From: anna@crm.example", "To: erika.mustermann@nordwind.example",
        "Subject: Offer", "Date: Mon, 11 May 2026 07:45:00 +0000", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain", "", "Look", "--b",
        'Content-Type: image/png; name="a b.png"', 'Content-Disposition: attachment; filename="a b.png"',
        "Content-Transfer-Encoding: base64", "", base64.b64encode(PNG).decode(), "--b--",
    )  # fmt: skip
    vtiger.anna.append("Sent", raw)
    assert vtiger.changed(before) == {
        "vtiger_activity": (0, 1),
        "vtiger_attachments": (0, 1),
        "vtiger_crmentity": (0, 2),
        "vtiger_crmentity_seq": (1, 1),
        "vtiger_emaildetails": (0, 1),
        "vtiger_seactivityrel": (0, 1),
        "vtiger_seattachmentsrel": (0, 1),
    }
    row = only(vtiger, "vtiger_attachments", "attachmentsid", vtiger.last())
    holds(row, name="a b.png", type="image/png")
    mail = only(vtiger, "vtiger_seattachmentsrel", "attachmentsid", vtiger.last())["crmid"]
    holds(vtiger.row("SELECT * FROM vtiger_crmentity WHERE crmid = :mail", mail=mail), setype="Emails", label="Offer")
    stored = row["storedname"] if vtiger.is_new else row["name"]
    assert (vtiger.files / f"{row['path']}{row['attachmentsid']}_{stored}").read_bytes() == PNG
