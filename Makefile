# Everything that people and CI call. `make setup` is only the first step of the others.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup format check test

setup: .venv/.ready
	@$(BIN)/python -m tools

.venv/.ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup
	$(BIN)/coverage run -m pytest tests/unit tests/mocks
	$(BIN)/coverage report
	$(BIN)/python -m pytest tests/engine tests/lab
