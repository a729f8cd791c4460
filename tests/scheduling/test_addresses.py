"""Which calendar user addresses are one, and whose they are."""

import pytest

from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from gateway.scheduling.addresses import address_of, is_of, login_of, mail_of, normal

ANNA = Principal(PrincipalId("1"), "anna", "Anna Schmidt", "Anna@crm.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mailto:anna@crm.example", "MAILTO:Anna@CRM.example"),
        ("mailto:anna@crm.example", "mailto:anna%40crm.example"),
        ("mailto:anna@crm.example", " mailto:anna@crm.example?subject=x "),
        ("/dav/principals/anna/", "https://dav.crm.example:8443/dav/principals/anna"),
    ],
)
def test_spellings_of_one_address_are_one(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("address", "is_annas"),
    [
        ("mailto:anna@crm.example", True),
        ("mailto:anna@crm.example.evil.example", False),
        ("mailto:ben@crm.example", False),
        ("/dav/principals/anna/", True),
        ("/dav/principals/anna%40nord/", True),
        ("/dav/principals/annabel/", False),
        ("ftp://host/dav/principals/anna/", False),
        ("urn:uuid:1", False),
        ("http://[broken/principals/anna/", False),
        ("", False),
    ],
)
def test_an_address_is_somebodys_or_not(address: str, is_annas: bool) -> None:
    assert is_of(address, ANNA) is is_annas


def test_who_has_no_e_mail_address_has_no_mailto_address() -> None:
    nobody = Principal(PrincipalId("2"), "ben", "Ben", "")
    assert not is_of("mailto:", nobody)
    assert address_of(nobody) == ""
    assert address_of(ANNA) == "mailto:Anna@crm.example"


def test_an_address_is_of_one_kind_only() -> None:
    assert mail_of("/dav/principals/anna/") == ""
    assert login_of("mailto:anna@crm.example/principals/anna/") == ""
