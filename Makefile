# Two commands are enough to begin: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 3000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: described help setup run run-rie walk-rie cold-starts rehearse test check lint types boundaries migrations template migrate migration seed describe lock build deploy bench clean

help: ## list what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "StormCom needs Python 3.11 or newer; say which with: make run PYTHON=python3.13"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "This Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the locked dependencies into $(VENV) (half a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -o '^uv==[0-9.]*' requirements.lock)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

setup: $(READY) ## make the environment in .venv

run: $(READY) ## start everything on 127.0.0.1:3000 (PORT=...); Ctrl-C stops it
	@$(BIN)/stormcom serve --port $(PORT)

run-rie: build ## the same with what sam build made, in Lambda's own runtime
	@$(BIN)/stormcom serve --port $(PORT) --runtime rie

walk-rie: build ## ask what sam build made for every route, in Lambda's own runtime
	@$(BIN)/python -m local.walking

rehearse: $(READY) ## upgrade and roll back with traffic on; FROM=<commit> says from what
	@$(BIN)/python -m local.rehearsing $(FROM)

cold-starts: build ## measure how long each function takes to begin, and what on
	@$(BIN)/python -m local.cold_starts

test: $(READY) ## run the tests on a real PostgreSQL
	@$(BIN)/python -m pytest -n 2

check: lint types boundaries migrations template described test ## everything that CI runs

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

boundaries: $(READY)
	@$(BIN)/lint-imports --no-logo

migrations: $(READY) ## check the migrations: single head, models in step, nothing that locks
	@$(BIN)/python -m local.check_migrations

template: $(READY) ## check template.yaml as SAM, and what it expands to
	@$(BIN)/python -m local.check_template

describe: $(READY) ## write functions/docs/openapi.json and docs/entities.md from the code
	@$(BIN)/stormcom describe

described: $(READY)
	@$(BIN)/stormcom describe --check

migrate: $(READY) ## bring the database up to date
	@$(BIN)/stormcom db upgrade

migration: $(READY) ## write a migration from the models: make migration m="add a column"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add a column"'; exit 1; }
	@$(BIN)/stormcom db revision "$(m)"

seed: $(READY) ## make the demo shops
	@$(BIN)/stormcom seed

lock: $(READY) ## compile the lock files after a change in pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras --python-version 3.11 \
	  pyproject.toml --extra dev --extra images --extra papers -o requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
	  -c requirements.lock pyproject.toml -o layers/dependencies/requirements.txt
	@grep '^pillow==' requirements.lock | cut -d' ' -f1 | $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.13 \
	  --python-platform aarch64-manylinux_2_28 - -o layers/images/requirements.txt
	@grep -E '^(fpdf2|uharfbuzz)==' requirements.lock | cut -d' ' -f1 | $(BIN)/uv pip compile --quiet --generate-hashes \
	  --python-version 3.13 --python-platform aarch64-manylinux_2_28 -c requirements.lock --no-emit-package pillow - -o layers/papers/requirements.txt
	@grep -E '^(alembic|mako)==' requirements.lock | cut -d' ' -f1 | $(BIN)/uv pip compile --quiet --generate-hashes --no-deps \
	  --python-version 3.13 --python-platform aarch64-manylinux_2_28 - -o layers/migrations/requirements.txt

build: $(READY) ## sam build, trimmed and compiled: what sam deploy uploads
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m local.building

deploy: build ## sam deploy; for the first time: make deploy ARGS=--guided
	@$(BIN)/sam deploy $(ARGS)

bench: $(READY) ## measure what a page costs, as ratios of one run
	@$(BIN)/python -m local.bench

clean: ## remove the environment and everything built
	@rm -rf $(VENV) .aws-sam .mypy_cache .ruff_cache .pytest_cache *.egg-info
