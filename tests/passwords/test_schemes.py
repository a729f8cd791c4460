"""Every way of keeping a password that a CRM has, against hashes that PHP and passlib made, not we."""

from __future__ import annotations

import pytest

from storage.crm.passwords import SCHEMES, NotVerifiable, Recipe, scheme_of, verify

PASSWORD = "Grüße & <Tee>"
OF_MD5 = Recipe(of="md5")
SALTED = Recipe(salt="20261122045816")

MADE = {
    "argon2id of PHP": (
        "$argon2id$v=19$m=1024,t=2,p=1$YnZaNG1EQXV4VHI4TzNpSg$PwZoONkB0Qd3yb3CWZAp5vY8Jg7n/jULrE0RnOD6XJ8",
        Recipe(),
    ),
    "argon2i of PHP": (
        "$argon2i$v=19$m=1024,t=2,p=1$QmFMNC5WZzVuSTlpMTFuQQ$/fV+zQuzxTDbGpkOSJppYA69F+d0gJhsAmvy1pxzFxE",
        Recipe(),
    ),
    "bcrypt of PHP, as vtiger's PHASH, EspoCRM and Dolibarr have it": (
        "$2y$05$1f1EJV4edzmZPXWQncq6wePO5qG5UeT9y7q58jbLKXLJXtk8cEa2q",
        Recipe(),
    ),
    "bcrypt $2a$": ("$2a$05$abcdefghijklmnopqrstuumLa.wQRXhTJj3Q8td52AaDztgEEB3xi", Recipe()),
    "bcrypt $2b$": ("$2b$05$abcdefghijklmnopqrstuumLa.wQRXhTJj3Q8td52AaDztgEEB3xi", Recipe()),
    "SuiteCRM": ("$2y$05$VdFEE3ip6C1rtlTSCR6kgeE59UMwo9B7EJ.3RFCGcsyKd4xLRLwR.", OF_MD5),
    "SuiteCRM by crypt": ("$1$Kd93hf7q$r1caoehxov9TLAG9rgxkh/", OF_MD5),
    "SuiteCRM, oldest": ("300172a476a0da6280f02ba7716d8441", OF_MD5),
    "Odoo": (
        "$pbkdf2-sha512$1000$gRAiBIAwBqBUihFizFnLeQ$7CN3cav6LCaWRcCgB53nD5NzWNLwJ0YXt9ef0gm6xqOxAek/SK6Ng6xT4PsEMBPfykkh7bVZd7/J5RRoiKopxQ",
        Recipe(),
    ),
    "passlib's pbkdf2-sha256": (
        "$pbkdf2-sha256$1000$rhVi7N17r3XOWctZ6/0fQw$cg0MYqrEgHe/uiBAshCCZI7ntnmvopf//INBGt6sNnU",
        Recipe(),
    ),
    "passlib's pbkdf2": ("$pbkdf2$1000$955TSuldq7U2BiDEWGvtnQ$AahIjItXdT8hzsiv1SGKlso8Voc", Recipe()),
    "vtiger 6, MD5": ("$1$an$xOlrvn/llrv5q4wXTofXI1", Recipe()),
    "vtiger 6, PHP5.3MD5": ("$1$an000000$wXRGG554zutmFG1uFR7tG/", Recipe()),
    "berliCRM": (
        "$6$IPkqPDUZGD0XQUan$7DAbbZ06La7yZbygWX9ItV.9j7sGh/xGMsa8fJ4bGSlGC2CbC7JReamRGJMzUg5.oibANmT56nPU5JxLXNwQu1",
        Recipe(),
    ),
    "SHA-512 with rounds": (
        "$6$rounds=1000$IPkqPDUZ$3Yg/yylpCdds9RCtMM2jl3SK5Rj0S50KrP88GmxzHiZzZwXPoOc7.CG9/dapIeG6VpHNSwS8z0VN05wPzIBCV/",
        Recipe(),
    ),
    "SHA-256": ("$5$IPkqPDUZGD0XQUan$bflQ5/Yy9GcykzBtHmM1YDngxs2cA6vQtPQzWL.UOU9", Recipe()),
    "DES": ("anUq6mThwgoQ.", Recipe()),
    "BSDi": ("_J9..rasmktU3W7mQH52", Recipe()),
    "Dolibarr, MD5": ("300172a476a0da6280f02ba7716d8441", Recipe()),
    "Dolibarr, MD5 with its salt": ("3e14d3b657bd44a2cee9ea1037b85bbc", SALTED),
    "Dolibarr, SHA-1 of MD5": ("02f030b7ee0799cf79254bb96edc390975ca456d", Recipe()),
    "Dolibarr, SHA-1 of MD5 with its salt": ("35ec7abfeec2fc7036944da61103a6e7fd064e62", SALTED),
    "SHA-256 in digits": ("fb6a833708b7891b7797dba7428d3ea287146a7046499b4fee2686fe6945cd12", Recipe()),
    "SHA-512 in digits": (
        "1a8c95b524af9ef36e1709add8461fc5bc9862514cbeb66d8b9b5d60bc4a5e2d9b3d52d453f4e90a1846e37391065d3eee321bf24964ab579ce4904aa733abaf",
        Recipe(),
    ),
    "EspoCRM, former": (
        "q/hbvisrZd9kFjRZ3gtYHLjEK7t2HlWyOvBqqpBxr/QO3wi6qOc693old2aZRHENh8ZAzujY9VYGbEbJ.z92N1",
        Recipe(salt="1a2b3c4d5e6f7a8b"),
    ),
}

BROKEN = {
    "empty": "",
    "plain text": "geheim",
    "bcrypt of the faulty kind": "$2x$05$1f1EJV4edzmZPXWQncq6wePO5qG5UeT9y7q58jbLKXLJXtk8cEa2q",
    "bcrypt cut off": "$2y$05$1f1EJV4edzmZPXWQncq6wePO5qG5UeT9y7q58jbLKXLJXtk8cEa",
    "bcrypt of cost 03": "$2y$03$1f1EJV4edzmZPXWQncq6wePO5qG5UeT9y7q58jbLKXLJXtk8cEa2q",
    "argon2 cut off": "$argon2id$v=19$m=1024,t=2,p=1$YnZaNG1E",
    "argon2 without memory": "$argon2id$v=19$m=0,t=2,p=1$YnZaNG1EQXV4VHI4TzNpSg$PwZoONkB0Qd3yb3CWZAp5vY8Jg7n",
    "pbkdf2 without rounds": "$pbkdf2-sha512$0$gRAiBIAwBqBUihFizFnLeQ$7CN3cav6LCaWRcCgB53nD5NzWNLwJ0YX",
    "pbkdf2 that is no base64": "$pbkdf2-sha512$1000$gRAiB$7CN3c",
    "an unknown kind": "$7$CU..../....2Q9obwLhin8qvQl6sisAO/$E1HizYWxBmnIH4sdPkd1UOML9t62Gf.wvNTnt5XFzs8",
    "what crypt says of a failure": "*0",
    "EspoCRM, former, without the salt": "q/hbvisrZd9kFjRZ3gtYHLjEK7t2HlWyOvBqqpBxr/QO3wi6qOc693old2aZRHENh8ZAzujY9VYGbEbJ.z92N1",
}

TOO_MUCH = {
    "bcrypt": "$2y$31$1f1EJV4edzmZPXWQncq6wePO5qG5UeT9y7q58jbLKXLJXtk8cEa2q",
    "argon2 memory": "$argon2id$v=19$m=4194304,t=2,p=1$YnZaNG1EQXV4VHI4TzNpSg$PwZoONkB0Qd3yb3CWZAp5vY8Jg7n/jULrE0RnOD6XJ8",
    "argon2 passes": "$argon2id$v=19$m=65536,t=4000,p=1$YnZaNG1EQXV4VHI4TzNpSg$PwZoONkB0Qd3yb3CWZAp5vY8Jg7n/jULrE0RnOD6XJ8",
    "pbkdf2": "$pbkdf2-sha512$2000000000$gRAiBIAwBqBUihFizFnLeQ$7CN3cav6LCaWRcCgB53nD5NzWNLwJ0YX",
    "sha-crypt": f"$6$rounds=999999999$IPkqPDUZ${'a' * 86}",
    "bsdi-crypt": "_zzzzrasmktU3W7mQH52",
}


@pytest.mark.parametrize("what", MADE)
def test_the_right_password_is_known_and_no_other(what: str) -> None:
    stored, recipe = MADE[what]
    assert verify(stored, PASSWORD, recipe)
    for other in ("", "grüße & <tee>", f"x{PASSWORD}", "Grüße", stored):
        assert not verify(stored, other, recipe)


@pytest.mark.parametrize("what", MADE)
def test_a_nul_or_half_a_character_is_no_password(what: str) -> None:
    stored, recipe = MADE[what]
    assert not verify(stored, f"{PASSWORD}\x00more", recipe)
    assert not verify(stored, f"{PASSWORD}\udce4", recipe)


@pytest.mark.parametrize("what", MADE)
def test_a_hash_is_of_one_kind_only(what: str) -> None:
    stored, _ = MADE[what]
    assert len([scheme for scheme in SCHEMES if scheme.form.fullmatch(stored)]) == 1


def test_what_is_hashed_is_the_password_or_its_md5_but_never_both() -> None:
    suite, _ = MADE["SuiteCRM"]
    plain, _ = MADE["bcrypt $2a$"]
    assert not verify(suite, PASSWORD)
    assert not verify(plain, PASSWORD, OF_MD5)
    assert not verify(suite, "300172a476a0da6280f02ba7716d8441", OF_MD5)


def test_bcrypt_looks_at_72_bytes_as_php_does() -> None:
    stored = "$2y$05$PUhOiwhfAyZl7jUuOIbUj.D9ppW87FlwklKoI0lSXooB2Uz7ucNci"
    assert verify(stored, "0123456789" * 9)
    assert verify(stored, ("0123456789" * 9)[:72])
    assert not verify(stored, ("0123456789" * 9)[:71])


@pytest.mark.parametrize("what", BROKEN)
def test_what_verifies_nothing_says_why_without_the_hash(what: str) -> None:
    with pytest.raises(NotVerifiable) as told:
        verify(BROKEN[what], "geheim")
    shown = str(told.value)
    assert shown
    assert not BROKEN[what] or BROKEN[what] not in shown
    assert "E1HizYWxBmnIH4sdPkd1UOML9t62Gf" not in shown


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_hash_that_would_cost_too_much_is_refused_before_it_costs_anything(what: str) -> None:
    assert scheme_of(TOO_MUCH[what]) is not None
    with pytest.raises(NotVerifiable, match="cost"):
        verify(TOO_MUCH[what], "geheim")


def test_a_salt_never_shows() -> None:
    assert "20261122045816" not in repr(SALTED)
