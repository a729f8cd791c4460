"""Finds a PostgreSQL and a MariaDB server for the tests, or starts private ones.

In this order: the URL in the environment variable; the usual local sockets, as far as we may create databases there;
a private instance in a temporary directory, started from installed binaries under an account that is not root and
stopped at the end of the session. Where there is nothing, `Missing` says in one line what cannot be run.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

PATIENCE = 60.0
"""Seconds a private server has to come up."""


class Missing(Exception):
    """There is no server of this kind, and why."""


@dataclass(frozen=True)
class Kind:
    """What there is to know about a database product."""

    name: str
    driver: str
    variable: str
    can_create: str
    """Yields a true value where the account may create databases."""
    local: Callable[[], Iterator[sa.URL]]
    """Where a server usually answers."""
    start: Callable[[Path, str | None], tuple[subprocess.Popen[bytes], sa.URL]]
    """Starts a private one in a directory, under an account where we are root."""
    account: str
    stop: signal.Signals


@contextlib.contextmanager
def server(kind: Kind) -> Iterator[sa.URL]:
    """A server's URL for as long as the context lasts. Raises Missing."""
    if wanted := os.environ.get(kind.variable):
        url = sa.make_url(wanted)
        yield url if "+" in url.drivername else url.set(drivername=kind.driver)
        return
    for url in kind.local():
        if _may_create(url, kind.can_create):
            yield url
            return
    with _private(kind) as url:
        yield url


def _may_create(url: sa.URL, question: str) -> bool:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(sa.text(question)))
    except sa.exc.SQLAlchemyError:
        return False


@contextlib.contextmanager
def _private(kind: Kind) -> Iterator[sa.URL]:
    account = _account(kind.account) if os.geteuid() == 0 else None
    # Not below pytest's own directories: those are closed to other accounts, and too deep for a socket's path.
    with tempfile.TemporaryDirectory(prefix="crmgate-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if account is not None:
            shutil.chown(directory, account)
        process, url = kind.start(directory, account)
        try:
            _wait_for(process, url, kind)
            yield url
        finally:
            process.send_signal(kind.stop)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _account(preferred: str) -> str:
    for name in (preferred, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Missing("there is no account to run it under but root")


def _wait_for(process: subprocess.Popen[bytes], url: sa.URL, kind: Kind) -> None:
    until = time.monotonic() + PATIENCE
    while not _may_create(url, kind.can_create):
        if process.poll() is not None:
            raise Missing(f"the private server ended at once, with status {process.returncode}")
        if time.monotonic() > until:
            raise Missing(f"the private server did not come up within {PATIENCE:.0f} seconds")
        time.sleep(0.05)


def _binary(*names: str, places: Sequence[str] = ()) -> str:
    directories = [str(path) for place in places for path in sorted(Path("/").glob(place), reverse=True)]
    searched = os.pathsep.join([*directories, os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name in names:
        if found := shutil.which(name, path=searched):
            return found
    raise Missing(f"no server answers and {names[0]} is not installed")


def _run(command: Sequence[str], directory: Path, account: str | None) -> None:
    done = subprocess.run(
        command, cwd=directory, user=account, group=_group(account), capture_output=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        raise Missing(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")


def _start(command: Sequence[str], directory: Path, account: str | None) -> subprocess.Popen[bytes]:
    silent = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=directory, user=account, group=_group(account), stdin=silent, stdout=silent, stderr=silent
    )


def _group(account: str | None) -> int | None:
    return pwd.getpwnam(account).pw_gid if account else None


def _local_postgresql() -> Iterator[sa.URL]:
    directories = [os.environ["PGHOST"]] if "PGHOST" in os.environ else ["/var/run/postgresql", "/tmp"]
    for host in directories:
        if host.startswith("/") and not any(Path(host).glob(".s.PGSQL.*")):
            continue
        for user in dict.fromkeys(("postgres", getpass.getuser())):
            yield sa.URL.create("postgresql+psycopg", username=user, database="postgres", query={"host": host})


def _start_postgresql(directory: Path, account: str | None) -> tuple[subprocess.Popen[bytes], sa.URL]:
    places = ["usr/lib/postgresql/*/bin", "usr/pgsql-*/bin"]
    initdb, postgres = _binary("initdb", places=places), _binary("postgres", places=places)
    rows = str(directory / "rows")
    options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run([initdb, "-D", rows, *options], directory, account)
    fast = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")
    settings = [word for setting in fast for word in ("-c", setting)]
    process = _start([postgres, "-D", rows, "-k", str(directory), *settings], directory, account)
    query = {"host": str(directory)}
    return process, sa.URL.create("postgresql+psycopg", username="postgres", database="postgres", query=query)


def _local_mariadb() -> Iterator[sa.URL]:
    for socket in ("/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"):
        if Path(socket).exists():
            for user in dict.fromkeys(("root", getpass.getuser())):
                yield _mariadb(user, socket)


def _mariadb(user: str, socket: str) -> sa.URL:
    query = {"unix_socket": socket, "charset": "utf8mb4"}
    return sa.URL.create("mariadb+pymysql", username=user, host="localhost", query=query)


def _start_mariadb(directory: Path, account: str | None) -> tuple[subprocess.Popen[bytes], sa.URL]:
    install, mariadbd = _binary("mariadb-install-db", "mysql_install_db"), _binary("mariadbd", "mysqld")
    rows, socket = f"--datadir={directory / 'rows'}", str(directory / "s")
    normal = ["--auth-root-authentication-method=normal", "--skip-test-db"]
    _run([install, "--no-defaults", rows, *normal], directory, account)
    settings = [
        "--skip-networking",
        f"--socket={socket}",
        f"--pid-file={directory / 'pid'}",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
        "--character-set-server=utf8mb4",
    ]
    process = _start([mariadbd, "--no-defaults", rows, *settings], directory, account)
    return process, _mariadb("root", socket)


POSTGRESQL = Kind(
    name="PostgreSQL",
    driver="postgresql+psycopg",
    variable="CRMGATE_TEST_POSTGRESQL",
    can_create="SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user",
    local=_local_postgresql,
    start=_start_postgresql,
    account="postgres",
    stop=signal.SIGINT,
)

MARIADB = Kind(
    name="MariaDB",
    driver="mariadb+pymysql",
    variable="CRMGATE_TEST_MARIADB",
    can_create="SELECT count(*) FROM information_schema.user_privileges WHERE privilege_type = 'CREATE' "
    "AND replace(grantee, '''', '') = current_user()",
    local=_local_mariadb,
    start=_start_mariadb,
    account="mysql",
    stop=signal.SIGTERM,
)
