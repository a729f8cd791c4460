"""Dovecot as a peer: one user, one Maildir, as a process tree of its own with the CPU it has used.

Needs the programs of Debian's dovecot-imapd and the right to start them as root; nothing of an installed configuration is
read or changed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"
_TICKS = os.sysconf("SC_CLK_TCK")
_OWNER = "mail"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_vsz_limit = 2G
mail_max_userip_connections = 1000
mail_location = maildir:{folder}/mail
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass(frozen=True)
class Peer:
    """Where it listens, and its first process."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of CPU of the process and all below it, those that have ended included."""
        return sum(_cpu(pid) for pid in _tree(self.pid))


def is_there() -> bool:
    """Whether it can be run here."""
    return Path(PROGRAM).exists() and os.geteuid() == 0


@contextlib.contextmanager
def dovecot(messages: Iterable[bytes]) -> Iterator[Peer]:
    """Dovecot with these messages in INBOX, in order; stopped at the end."""
    owner = pwd.getpwnam(_OWNER)
    with tempfile.TemporaryDirectory(prefix="crmgate-peer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("cur", "new", "tmp"):
            (folder / "mail" / part).mkdir(parents=True)
        for number, raw in enumerate(messages, 1):
            (folder / "mail" / "cur" / f"{1_700_000_000 + number}.{number:06}.peer,S={len(raw)}:2,").write_bytes(raw)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "dovecot.conf"
        config.write_text(_CONFIG.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid, port=port))
        process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)])
        try:
            for _ in range(100):
                with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield Peer(process.pid, port)
        finally:
            process.terminate()
            process.wait(20)


def _tree(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int(_fields(int(entry.name))[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _cpu(pid: int) -> float:
    with contextlib.suppress(OSError):
        return sum(int(ticks) for ticks in _fields(pid)[11:15]) / _TICKS
    return 0.0


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
