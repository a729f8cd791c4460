"""Thunderbird and Evolution, driven without a screen by scripts that lie beside the project and are not part of it.

A script prints JSON with its steps and then a closing line. `steps_of` runs one and yields what became of each step;
`folder` says where the scripts are, and skips where they are not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from typing import Any

from tests.clients.serving import ROOT, environment, not_run


@dataclass(frozen=True)
class Steps:
    """What a script did."""

    failed: dict[str, str]
    passed: frozenset[str]
    found: dict[str, Any]
    """What the client saw, step by step."""


def folder(name: str) -> Path:
    """Where the scripts for a client are; skips where they are missing."""
    # A worktree lies deeper than the project's root.
    for above in ROOT.parents:
        found = above / "shared" / "clients" / name
        if found.is_dir():
            return found
    not_run(f"the scripts that drive {name} are not beside the project (../shared/clients/{name})")
    raise AssertionError


def steps_of(command: Sequence[str | Path], timeout: float) -> Steps:
    """Run a script to its end."""
    words = [str(word) for word in command]
    done = run(words, env=environment(), capture_output=True, text=True, timeout=timeout, check=False)
    document, closing = done.stdout.rstrip().rsplit("\n", 1)
    assert closing.startswith(("PASS ", "FAIL ")), (done.stdout[-2000:], done.stderr[-2000:])
    parsed = json.loads(document)
    return Steps(
        {step["name"]: step.get("why", "") for step in parsed["steps"] if not step["ok"]},
        frozenset(step["name"] for step in parsed["steps"] if step["ok"]),
        parsed["data"],
    )
