"""The shape of the source: import direction, sizes, docstrings, and nothing in it that belongs to one machine."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "protocols", "storage", "tests", "bench")
LONGEST = 500

NOT_OURS = {"build", "dist", "demo", "node_modules"}
TEXT = {"", ".cfg", ".conf", ".imap", ".ini", ".md", ".py", ".service", ".sh", ".sql", ".toml", ".txt", ".yaml", ".yml"}

# Written in pieces, so that this file is not one of those it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.~:/-])/(?:" + "|".join(("work", "root", "Users")) + r")/|/home/\w+/")
REGISTRIES = tuple(
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
)


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def files(directory: Path = ROOT) -> Iterator[Path]:
    """Every text file of the project."""
    for path in sorted(directory.iterdir()):
        is_hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
        if is_hidden or path.name in NOT_OURS or path.name.endswith(".egg-info") or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        elif path.suffix in TEXT:
            yield path


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_too_long_to_be_read() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT)
        for path in sources()
        if path.relative_to(ROOT).parts[0] != "tests"
        and path.stat().st_size
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_in_the_project_belongs_to_one_machine() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line) or any(registry in line for registry in REGISTRIES)
    }
    assert found == {}


@pytest.mark.parametrize("group", ["dependencies", "dev"])
def test_every_requirement_is_pinned(group: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] if group == "dependencies" else project["optional-dependencies"][group]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in pins if "==" in line}
    names = {re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower() for requirement in wanted}
    assert names - pinned == set()
