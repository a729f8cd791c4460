"""Suites of other projects: their environment, their sources, one run, and what came of it held against what is known.

The environment and the sources come from the package index, once, into a folder beside our own environment; where
there is no index the tests that need them say so. What is known to fail is listed where the suite is run, each with its
reason; what fails and is not listed is as wrong as what is listed and passes.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.clients.serving import environment, not_run

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PLACE = Path(sys.prefix) / "conformance"
PATIENCE = 240.0
"""Seconds an installation or a download may take."""


@contextmanager
def _alone() -> Iterator[None]:
    """Several test processes want the same things at the same time; one gets them."""
    PLACE.mkdir(exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pip(python: Path, *words: str) -> None:
    """Raises nothing: what the index does not give is no test run."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    try:
        subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        said = (failed.stderr or "").strip().splitlines() if isinstance(failed.stderr, str) else []
        not_run(f"pip {' '.join(words[:1])} failed: {said[-1] if said else failed}")


def interpreter() -> Path:
    """A Python that has the suites."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = PLACE / f"{sys.version_info.major}.{sys.version_info.minor}-{digest}"
    python = folder / "bin" / "python"
    with _alone():
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=PATIENCE)
            _pip(python, "install", "-r", str(REQUIREMENTS))
            (folder / "whole").touch()
    return python


def source(project: str, into: Path) -> Path:
    """A fresh copy of a project's source distribution, of the version that is required."""
    wanted = next(line.strip() for line in REQUIREMENTS.read_text().splitlines() if line.startswith(f"{project}=="))
    version = wanted.partition("==")[2]
    archive = PLACE / f"{project}-{version}.tar.gz"
    python = interpreter()
    with _alone():
        if not archive.exists():
            _pip(python, "download", "--no-deps", "--no-binary", project, "--dest", str(PLACE), wanted)
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")
    return into / f"{project}-{version}"


@dataclass(frozen=True)
class Outcome:
    """What a run of pytest came to: names of tests as `module::class::test[parameter]`, without the folders above."""

    passed: frozenset[str]
    failed: Mapping[str, str]
    """With the first line of why."""
    skipped: frozenset[str]


def run(folder: Path, *words: str, timeout: float, **variables: str) -> Outcome:
    """Tests of a source tree, run by their own configuration."""
    report = folder / "report.xml"
    command = [str(interpreter()), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *words]
    done = subprocess.run(
        command,
        cwd=folder,
        # Their `tests` is a package of the same name as ours; and on CI some of them try a thousand examples each.
        env=environment(PYTHONPATH=str(folder), CI="", **variables),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert report.exists(), done.stdout[-4000:] + done.stderr[-4000:]
    return _outcome(ElementTree.parse(report))


def _outcome(report: ElementTree.ElementTree[ElementTree.Element]) -> Outcome:
    passed, failed, skipped = set(), {}, set()
    for case in report.iter("testcase"):
        module, _, inside = case.get("classname", "").partition(".test_")
        del module
        name = "::".join([*f"test_{inside}".split("."), case.get("name", "")])
        wrong = next((one for kind in ("failure", "error") if (one := case.find(kind)) is not None), None)
        if wrong is not None:
            failed[name] = (wrong.get("message") or "").strip().partition("\n")[0]
        elif case.find("skipped") is not None:
            skipped.add(name)
        else:
            passed.add(name)
    return Outcome(frozenset(passed), failed, frozenset(skipped))


def judge(outcome: Outcome, known: Mapping[str, str], at_least: int) -> None:
    """What failed is what is known to fail, and the rest passed. `at_least`: how many, lest a suite runs nothing."""
    surprises = {name: why for name, why in outcome.failed.items() if name not in known}
    assert not surprises, "\n".join(f"{name}: {why}" for name, why in surprises.items())
    mended = sorted(known.keys() & outcome.passed)
    assert not mended, f"These pass now; take them off the list: {mended}"
    unheard = sorted(known.keys() - outcome.failed.keys())
    assert not unheard, f"These are on the list and were not run: {unheard}"
    assert len(outcome.passed) >= at_least, f"only {len(outcome.passed)} tests passed"
