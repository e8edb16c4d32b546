# Two commands: `make demo` runs the whole way of the data, `make test` proves it. Nothing but Python 3.11+, git and make is needed.
SHELL := /bin/bash
PYTHON ?= python3
ARGS ?=
JOBS ?= 2
TOOLS := .tools
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
export UV_PYTHON_DOWNLOADS ?= never

.PHONY: help setup demo test lint docs clean
help: ## show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(TOOLS)/bin/uv:
	@echo "uv is missing: installing it into $(TOOLS)"
	@$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv

setup: $(UV) ## install both environments from their lock files
	@echo "· Môi trường nền tảng / platform environment"
	@$(UV) sync --quiet --locked --all-extras --all-groups
	@echo "· Môi trường cổng dữ liệu / catalogue environment"
	@cd catalog/server && $(abspath $(UV)) sync --quiet --locked --all-groups

demo: setup ## run the main job; ARGS=--once exits at the end
	@$(UV) run --no-sync hanoi demo $(ARGS)

lint: setup ## ruff, pyright, import-linter
	@$(UV) run --no-sync ruff check . && $(UV) run --no-sync ruff format --check .
	@$(UV) run --no-sync pyright
	@$(UV) run --no-sync lint-imports

test: lint ## lint, types, import direction and every test, in JOBS processes
	@$(UV) run --no-sync pytest -n $(JOBS) $(ARGS)

docs: setup ## the documentation as a site, in site/
	@$(UV) run --no-sync zensical build --strict

clean: ## remove the environments and the state
	rm -rf .venv catalog/server/.venv $(TOOLS) .hanoi site .cache
