"""Invents companies, people and letters: pure functions of a random number generator.

Nothing here knows the database; rows are dicts of column name to value, the same columns for every row of a table,
so that they can go in by the thousand. The same generator state gives the same rows on every machine.
"""

from __future__ import annotations

import datetime as dt
import html
import random
import unicodedata
from dataclasses import dataclass
from typing import Any

from storage.crm.reference import vocabulary
from storage.crm.reference.vocabulary import Region

Row = dict[str, Any]

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ı": "i", "'": "", " ": "-", ".": ""})


def plain(text: str) -> str:
    """`text` as it would stand in an address: lower-case ASCII letters, digits and hyphens."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(c for c in folded if c.isascii() and (c.isalnum() or c == "-")).strip("-")


@dataclass(frozen=True, slots=True)
class Company:
    """What people of a company have in common."""

    key: int
    name: str
    domain: str
    region: Region
    city: tuple[str, str, str, str]
    street: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as letters and meetings need one."""

    key: int
    name: str
    address: str
    company: Company | None
    region: Region
    owner: int


def phone(rng: random.Random, region: Region, area: str) -> str:
    """A number, written as people write them: with country code or without, with blanks, slash, brackets or nothing."""
    local = str(rng.randrange(1_000_000, 10_000_000))
    grouped = f"{local[:3]} {local[3:5]} {local[5:]}"
    return rng.choice(
        (
            f"+{region.code} {area} {local}",
            f"+{region.code} {area} {grouped}",
            f"0{area}/{grouped}",
            f"00{region.code} (0){area} {local}",
            f"+{region.code}{area}{local}",
            f"(0{area}) {local[:4]}-{local[4:]}",
        )
    )


def _postal_code(rng: random.Random, city: tuple[str, str, str, str]) -> str:
    prefix = city[1]
    if prefix[0].isalpha():
        return f"{prefix} {rng.randrange(1, 10)}{rng.choice('ABDEFGHJ')}{rng.choice('ABDEFGHJ')}"
    digits = 5 - sum(map(str.isdigit, prefix))
    return prefix + str(rng.randrange(10**digits)).zfill(digits)


def company(rng: random.Random, key: int, owner: int | None) -> tuple[Company, Row]:
    """A company and its row. Its domain holds the key, so no two companies share one."""
    region = rng.choice(vocabulary.REGIONS)
    city = rng.choice(region.cities)
    stem = rng.choice(region.last_names)
    name = f"{stem} {rng.choice(region.trades)} {rng.choice(region.forms)}"
    domain = f"{plain(stem)}{key}.{region.domain}"
    street = f"{rng.choice(region.streets)} {rng.randrange(1, 180)}"
    made = Company(key, name, domain, region, city, street, _postal_code(rng, city))
    row = {
        "id": key,
        "name": name,
        "domain": domain,
        "phone": phone(rng, region, city[3]),
        "fax": phone(rng, region, city[3]) if rng.random() < 0.3 else None,
        "email": f"info@{domain}",
        "website": f"https://www.{domain}",
        "street": street,
        "postal_code": made.postal_code,
        "city": city[0],
        "region": city[2],
        "country": region.country,
        "notes": rng.choice(vocabulary.NOTES) if rng.random() < 0.2 else None,
        "owner_id": owner,
    }
    return made, row


def contact(rng: random.Random, key: int, owner: int, employer: Company | None) -> tuple[Person, Row]:
    """A contact and its row; its address holds the key where there is no employer, so it is its own."""
    region = employer.region if employer else rng.choice(vocabulary.REGIONS)
    city = employer.city if employer else rng.choice(region.cities)
    first, last = rng.choice(region.first_names), rng.choice(region.last_names)
    local = f"{plain(first)}.{plain(last)}"
    address = f"{local}{key}@{employer.domain}" if employer else f"{local}{key}@mail.{region.domain}"
    born = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(19_000))
    row = {
        "id": key,
        "first_name": first,
        "middle_name": rng.choice(region.first_names) if rng.random() < 0.08 else None,
        "last_name": last,
        "title": rng.choice(region.titles) if employer else None,
        "salutation": rng.choice(("Dr.", "Prof. Dr.", "Dipl.-Ing.")) if rng.random() < 0.07 else None,
        "company_id": employer.key if employer else None,
        "email": address,
        "email2": f"{local}{key}@home.{region.domain}" if rng.random() < 0.15 else None,
        "phone": phone(rng, region, city[3]),
        "mobile": phone(rng, region, "17" + str(rng.randrange(10))) if rng.random() < 0.7 else None,
        "home_phone": phone(rng, region, city[3]) if rng.random() < 0.1 else None,
        "fax": phone(rng, region, city[3]) if rng.random() < 0.1 else None,
        "street": employer.street if employer else f"{rng.choice(region.streets)} {rng.randrange(1, 180)}",
        "postal_code": employer.postal_code if employer else _postal_code(rng, city),
        "city": city[0],
        "region": city[2],
        "country": region.country,
        "birthday": born if rng.random() < 0.4 else None,
        "notes": rng.choice(vocabulary.NOTES) if rng.random() < 0.3 else None,
        "private": int(rng.random() < 0.01),
        "source": rng.choice(vocabulary.SOURCES) if rng.random() < 0.5 else None,
        "category": rng.choice(vocabulary.CATEGORIES) if rng.random() < 0.6 else None,
        "owner_id": owner,
    }
    return Person(key, f"{first} {last}", address, employer, region, owner), row


def subject(rng: random.Random, region: Region) -> str:
    """What a new thread is about."""
    return rng.choice(region.subjects).format(
        number=rng.randrange(20_000, 99_999),
        week=rng.randrange(1, 53),
        day=rng.randrange(1, 29),
        month=rng.randrange(1, 13),
    )


def letter(rng: random.Random, region: Region, to: str, sender: str) -> tuple[str, str | None]:
    """A letter's text, and its HTML where the sender's program writes any."""
    paragraphs = [" ".join(rng.sample(region.sentences, k=rng.randrange(1, 5))) for _ in range(rng.randrange(1, 4))]
    whole = [region.greeting.format(name=to), *paragraphs, region.closing, sender]
    text = "\n\n".join(whole) + "\n"
    if rng.random() < 0.4:
        return text, None
    return text, "<html><body>" + "".join(f"<p>{html.escape(part)}</p>\n" for part in whole) + "</body></html>\n"
