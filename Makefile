# Everything that people and CI call. `make setup` is only the first step of demo and test.
PYTHON ?= python3
KEEP ?=
# More than cores: a part of the time is spent waiting.
WORKERS ?= 4
IN_PARALLEL = --numprocesses=$(WORKERS) --dist=loadscope --durations=20 --durations-min=5
BIN := .venv/bin
# Before whatever else a person has installed: our Python, then the programs that `setup` got.
WITH_TOOLS := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH"

.PHONY: setup env format docs check test demo

setup: .venv/.ready
	@$(BIN)/python -m tools

# For a shell of one's own: eval "$(make -s env)"
env:
	@echo 'export $(WITH_TOOLS)'

.venv/.ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -qq --editable . --group dev
	@touch $@

format: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages that follow from the code, and the one that follows from the data of its tests.
docs: .venv/.ready
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.unit.lifecycle.fault_page

check: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Coverage counts units and mocks only, so that no end-to-end run hides an untested branch. The long
# tests come first, so that no worker is left alone with one at the end.
test: setup
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(IN_PARALLEL) tests/unit/lifecycle tests/unit tests/mocks
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(WITH_TOOLS) $(BIN)/python -m pytest $(IN_PARALLEL) tests/lab tests/engine tests/wire

# KEEP=1 leaves the lab running.
demo: setup
	@$(WITH_TOOLS) KEEP=$(KEEP) $(BIN)/python -m lab.demo
