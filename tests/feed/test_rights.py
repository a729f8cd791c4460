"""The rights docs/install.md names are enough: an administrator installs by the shell, a user with less serves."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.app import Gateway
from gateway.config import Config, Crm, Imap, Listen
from gateway.core.errors import ConfigError
from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import make_crm, principal
from tests.feed.conftest import contact, drop_triggers, last_names, settle, sql
from tests.feed.test_uninstall import run

PAGE = Path(__file__).parents[2] / "docs" / "install.md"
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u1\r\nFN:Erika Client\r\nN:Client;Erika;;;\r\nEND:VCARD\r\n"
SHELLS = {"postgresql": ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"], "mariadb": ["mariadb"]}


class Company:
    """A CRM's database, its administrator, and users with less."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.kind = self.url.get_backend_name()
        self.schema = "crmgate" if self.kind == "postgresql" else f"{self.url.database}_gw"
        self.serving = f"gw_{secrets.token_hex(4)}"
        self.program = f"crm_{secrets.token_hex(4)}"
        self.password = secrets.token_hex(8)

    def shell(self, text: str) -> None:
        """The product's own shell reads what an administrator gives it."""
        run([*SHELLS[self.kind], str(self.url.database)], self.url, text)

    def open(self, user: str | None = None) -> Opened:
        """As the administrator, or as a user."""
        return Opened(self.as_user(user).render_as_string(hide_password=False), schema=self.schema)

    def as_user(self, user: str | None) -> sa.URL:
        """The URL of a user."""
        return self.url if user is None else self.url.set(username=user, password=self.password)

    def documented(self) -> str:
        """The page's own statements, with this test's names in them."""
        (found,) = re.findall(rf"```sql {self.kind}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        text = str(found).replace("crmgate_serve", self.serving).replace("choose one", self.password)
        text = text.replace("DATABASE crm ", f"DATABASE {self.url.database} ").replace(
            "`crm`", f"`{self.url.database}`"
        )
        return text.replace("`crmgate`", f"`{self.schema}`")

    def make_program(self) -> str:
        """A program of the CRM: it may write one of the CRM's tables, and knows nothing of a gateway."""
        if self.kind == "postgresql":
            return (
                f"CREATE ROLE {self.program} LOGIN PASSWORD '{self.password}';"
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO {self.program};"
                f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {self.program};"
            )
        return (
            f"CREATE USER '{self.program}'@'localhost' IDENTIFIED BY '{self.password}';"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO '{self.program}'@'localhost';"
        )

    def dropped(self) -> str:
        """Takes the users away again."""
        if self.kind == "postgresql":
            return "".join(f'DROP OWNED BY "{user}"; DROP ROLE "{user}";' for user in (self.serving, self.program))
        return "".join(f"DROP USER IF EXISTS '{user}'@'localhost';" for user in (self.serving, self.program))


@pytest.fixture(params=["postgresql", "mariadb"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    """Installed by an administrator from what `--dry-run` prints; the users of the page made."""
    made = Company(str(request.getfixturevalue(f"{request.param}_url")))
    make_crm(made.url.render_as_string(hide_password=False))
    administrator = made.open()
    made.shell(administrator.setup.script())
    assert administrator.setup.is_current()
    administrator.close()
    made.shell(made.documented() + made.make_program())
    yield made
    made.shell(made.dropped())


async def test_a_user_with_the_documented_rights_serves(company: Company) -> None:
    serving = company.open(company.serving)
    assert serving.setup.is_current()
    assert not serving.database.read_now(serving.setup.triggers.lacking).all
    with pytest.raises(ConfigError, match=r"docs/install\.md"):
        _first_install(serving)
    assert await last_names(serving) == set()
    mine = CollectionName(Section.ADDRESS_BOOKS, "my-contacts")
    written = await Edits(serving.store).put(
        principal(serving, "anna"), mine, Href("u1.vcf"), "text/vcard", CARD, UNCONDITIONAL
    )
    assert written.is_new
    assert await last_names(serving) == {"Client"}
    program = sa.create_engine(company.as_user(company.program))
    with program.begin() as connection:
        connection.execute(contact("Program"))
        connection.execute(sa.update(schema.contacts).values(title="Boss"))
    with pytest.raises(sa.exc.DBAPIError), program.begin() as connection:
        connection.exec_driver_sql(f"SELECT * FROM {company.schema}.outbox")
    program.dispose()
    serving.health.look()
    settle(serving)
    assert await last_names(serving) == {"Client", "Program"}
    serving.close()


def _first_install(opened: Opened) -> None:
    """What the user would have to do were nothing there."""
    elsewhere = Opened(
        opened.database.url.render_as_string(hide_password=False), schema=f"crmgate_{secrets.token_hex(4)}"
    )
    try:
        elsewhere.setup.install()
    finally:
        elsewhere.close()


async def test_the_gateway_starts_as_that_user_and_changes_nothing(company: Company, tmp_path: Path) -> None:
    url = company.as_user(company.serving).render_as_string(hide_password=False)
    gateway = Gateway(Config(Crm(url, schema=company.schema), Listen(port=0), Imap(port=0), folder=str(tmp_path)))
    statements: list[str] = []
    sa.event.listen(gateway.opened.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    await gateway.prepare()
    gateway.opened.health.look()
    gateway.opened.database.write_now(lambda unit: unit.connection.exec_driver_sql("SELECT 'a write'"))
    await gateway.stop()
    assert statements == ["SELECT 'a write'"]


async def test_lost_triggers_are_healed_or_asked_for(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    serving, administrator = company.open(company.serving), company.open()
    assert await last_names(serving) == set()
    drop_triggers(administrator)
    sql(administrator, contact("One"))
    with caplog.at_level(logging.ERROR):
        serving.health.look()
    settle(serving)
    assert await last_names(serving) == {"One"}, "everything is compared, whoever puts the triggers back"
    if company.kind == "postgresql":
        assert "docs/install.md" in caplog.text
        sql(administrator, contact("Two"))
        company.shell(administrator.setup.script())
        sql(administrator, contact("Three"))
        settle(serving)
        assert await last_names(serving) == {"One", "Two", "Three"}
    assert not serving.database.read_now(serving.setup.triggers.lacking).all
    assert "CREATE" not in administrator.setup.script()
    administrator.close()
    serving.close()
