# Everything that people and CI call. `make setup` is only the first step of demo and test.
PYTHON ?= python3
KEEP ?=
BENCH ?=
# As many as cores: with more, an API server of the lab may answer too late for a test.
WORKERS ?= 2
IN_PARALLEL = --numprocesses=$(WORKERS) --durations=20 --durations-min=5
LEFT_OUT ?=
EVERY_TIER := tests/lab tests/engine tests/wire tests/editor tests/browser
# What `make test` runs of them: the quick tiers, and of engine and lab the files that show each part once.
FOR_A_CHANGE := tests/wire tests/editor tests/browser \
  $(patsubst %,tests/engine/test_%.py,ci_preview stack) \
  $(patsubst %,tests/lab/test_%.py,audit authentication_webhook explain first_stack \
    judged_tokens kubeconfig_file kubernetes_plugin minted_tokens symptoms)
TIERS ?= $(filter-out $(LEFT_OUT),$(EVERY_TIER))
BIN := .venv/bin
# Before whatever else a person has installed: our Python, then the programs that `setup` got.
WITH_TOOLS := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH"

# Compiled modules are kept: a test of the engine starts Python several times, and each start would
# compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup env lock format docs site check workflows test test-all units tiers wheel bench demo

setup: .venv/.ready
	@$(BIN)/python -m lab.tools

# For a shell of one's own: eval "$(make -s env)"
env:
	@echo 'export $(WITH_TOOLS)'

.venv/.ready: pyproject.toml requirements.txt requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -qq --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install -qq --no-deps --editable .
	@touch $@

# What is in the lock stays as it is where it still fits; UPGRADE=--upgrade takes the newest of everything.
lock: .venv/.ready
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --generate-hashes --extra lab --group dev \
	  --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	cd policy && ../$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --generate-hashes --no-emit-package cks-access \
	  --custom-compile-command "make lock" --output-file requirements.lock requirements.txt

format: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages that follow from the code, and the one that follows from the data of its tests.
docs: .venv/.ready
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.unit.lifecycle.fault_page

# The documentation for a browser, in site/; a warning, such as a link that leads nowhere, is an error.
site: .venv/.ready
	$(BIN)/python -m docs.site

check: .venv/.ready site
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Needs Go; the version and its checksums stand in ci/actionlint.
workflows:
	go -C ci/actionlint tool actionlint $(CURDIR)/.github/workflows/*.yml $(CURDIR)/examples/pipelines/*.yml $(CURDIR)/examples/fleet/update.yml

# While a change is written: twelve minutes. CI and a release run all of them.
test: TIERS = $(filter-out $(LEFT_OUT),$(FOR_A_CHANGE))
test: setup units tiers

test-all: setup units tiers

# Coverage counts these only, so that no end-to-end run hides an untested branch; tests/conftest.py
# says which of them it leaves out.
units: setup
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(IN_PARALLEL) --dist=worksteal tests/unit tests/mocks
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# TIERS=tests/wire runs one of them.
tiers: setup
	$(WITH_TOOLS) $(BIN)/python -m pytest $(IN_PARALLEL) --dist=loadscope $(TIERS)

# What a release publishes, built once into dist/, and the wheel tried outside this checkout.
wheel: setup
	rm -rf dist
	$(BIN)/uv build --quiet --out-dir dist
	PYTHON="$(BIN)/python" TOOLS_MIRROR="$(CURDIR)/.tools/bin" ci/try-wheel dist/*.whl

# KEEP=1 leaves the lab running.
demo: setup
	@$(WITH_TOOLS) KEEP=$(KEEP) $(BIN)/python -m lab.demo

# By hand, on a machine that does nothing else: half an hour. BENCH="--part clusters --part bare" measures a part, and
# leaves the others on the page as they were.
bench: setup
	$(WITH_TOOLS) $(BIN)/python -m bench $(BENCH)
