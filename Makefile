# Everything from a bare machine: Python 3.11 or later with its venv module is all that has to be there.

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
DEMO := demo
ARGS :=

.PHONY: help setup demo test check lint format clean

help:
	@echo "make demo     a demonstration CRM in $(DEMO)/, served on this machine (ARGS='--http-port 8080 …')"
	@echo "make test     all tests"
	@echo "make check    format, lint, types, layers, tests: what has to be green before a commit"
	@echo "make format   put the source into form"
	@echo "make setup    the virtual environment alone"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@set -e; \
	for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$python && break; \
	done; \
	if [ -z "$$found" ]; then echo "crmgate needs Python 3.11 or later; none of python3, python3.11 … python3.14 is." >&2; exit 1; fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$$found has no venv module. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; fi; \
	[ -x $(PYTHON) ] || $$found -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(VENV)/bin/crmgate demo --dir $(DEMO) $(ARGS)

test: setup
	$(PYTHON) -m pytest -n auto --dist worksteal $(ARGS)

lint: setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-logo

check: lint test

format: setup
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
