"""What is withheld, and from whom."""

from __future__ import annotations

import pytest

from gateway.core.errors import ConfigError
from protocols.imap.capabilities import known
from protocols.imap.narrowing import narrowing


def test_what_is_withheld_from_all_from_a_user_and_from_a_program_adds_up() -> None:
    made = narrowing(known(), ["xlist"], {"Anna@CRM.example": ["QRESYNC"]}, {"Odd Mail": ["Move", "CONDSTORE"]})
    assert made.withheld() == {"XLIST"}
    assert made.withheld("anna@crm.example") == {"XLIST", "QRESYNC"}
    assert made.withheld("ben", "ODD MAIL") == {"XLIST", "MOVE", "CONDSTORE"}
    assert made.withheld("anna@crm.example", "odd mail") == {"XLIST", "QRESYNC", "MOVE", "CONDSTORE"}


@pytest.mark.parametrize("word", ["IMAP4rev1", "UIDONLY", "", "AUTH=CRAM-MD5"])
def test_only_what_there_is_can_be_withheld(word: str) -> None:
    named = {"anna": [word]}
    with pytest.raises(ConfigError, match="no capability that can be withheld"):
        narrowing(known(), [word], {}, {})
    with pytest.raises(ConfigError, match="no capability that can be withheld"):
        narrowing(known(), [], named, {})
    with pytest.raises(ConfigError, match="no capability that can be withheld"):
        narrowing(known(), [], {}, named)
