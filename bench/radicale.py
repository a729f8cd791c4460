"""Radicale as a process of its own, in a virtual environment of its own, with the documents it is given as files.

Its collections are folders of files, so they are laid down as such: putting ten thousand events one by one would take
it an hour. What it keeps beside them it makes when first asked, before anything is measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
WANTED = "radicale==3.9.0"


@dataclass(frozen=True)
class Peer:
    """Where it listens, and who it is."""

    pid: int
    url: str

    def cpu(self) -> float:
        """Seconds of CPU the process has used, in user and system mode together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def environment() -> Path:
    """Its interpreter; the environment is made once for each version and kept among the user's caches."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    home = cache / "crmgate-bench" / WANTED.replace("==", "-")
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", WANTED], check=True)
    return python


@contextlib.contextmanager
def radicale(calendar: Mapping[str, bytes], book: Mapping[str, bytes]) -> Iterator[Peer]:
    """Serving one user's calendar and address book of these documents, until the end of the block."""
    python = environment()
    with tempfile.TemporaryDirectory(prefix="crmgate-peer-") as name:
        folder = Path(name)
        for collection, kind, documents in (("cal", "VCALENDAR", calendar), ("book", "VADDRESSBOOK", book)):
            place = folder / "collections" / "collection-root" / "anna" / collection
            place.mkdir(parents=True)
            (place / ".Radicale.props").write_text(json.dumps({"tag": kind}))
            for href, content in documents.items():
                (place / re.sub(r"[^A-Za-z0-9._-]", "_", href)).write_bytes(content)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = folder / "config"
        config.write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[rights]\ntype = owner_only\n"
            f"[storage]\nfilesystem_folder = {folder / 'collections'}\n[logging]\nlevel = error\n"
        )
        command = [str(python), "-m", "radicale", "--config", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr)
        try:
            _wait(process, port)
            yield Peer(process.pid, f"http://127.0.0.1:{port}/anna/")
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"Radicale ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
