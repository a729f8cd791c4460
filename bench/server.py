"""A demo gateway as a process of its own, with the CPU it has used."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """What `--ready` said, and where the demo lies."""

    pid: int
    folder: Path
    ready: dict[str, Any]

    def cpu(self) -> float:
        """Seconds of CPU the process has used, in user and system mode together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextlib.contextmanager
def demo(*options: str) -> Iterator[Served]:
    """`crmgate demo` in a temporary folder, once it serves; stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="crmgate-bench-") as name:
        folder = Path(name)
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "gateway.cli.main", "demo", "--dir", str(folder / "demo"),
                   "--http-port", "0", "--imap-port", "0", "--ready", str(ready), *options]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the demo ended with {process.returncode}")
                time.sleep(0.05)
            yield Served(process.pid, folder / "demo", json.loads(ready.read_text()))
        finally:
            process.terminate()
            process.wait(20)
