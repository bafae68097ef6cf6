# One word per job; `make` alone lists them. CI uses the same words.
PYTHON ?= python3
VENV := .venv/bin
# The tool that pins is not part of what is pinned: it is installed only when somebody locks.
UV := uv==0.13.9
.DEFAULT_GOAL := help
.PHONY: help run test check format bench docs lock messages setup vendor

help: ## list the jobs
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

setup: # what the other jobs need, quick when nothing changed
	@$(PYTHON) tools/setup.py

run: setup ## set up, then serve on 127.0.0.1:8000; Ctrl-C stops it
	@exec $(VENV)/palabre serve --demo

test: ## set up, then run all the tests
	@$(PYTHON) tools/setup.py --tests
	@exec $(VENV)/python -m pytest -n 2 $(ARGS)

check: setup ## lint, types, borders between modules, templates, translations
	@$(VENV)/python -m tools.check

format: setup ## let ruff rewrite what it can
	@$(VENV)/ruff check --fix --quiet; $(VENV)/ruff format

bench: setup ## measure against nginx; prints a table, keeps bench/results/*.json
	@exec $(VENV)/python -m bench.run $(ARGS)

docs: setup ## rewrite the reference pages from the code, then run every code block
	@$(VENV)/python -m tools.reference
	@exec $(VENV)/python -m pytest tests/test_docs.py $(ARGS)

messages: setup ## bring the catalogues up to date with the sentences in the source
	@$(VENV)/python -m tools.messages --update

vendor: setup ## fetch again what others made and this repository carries (needs npm)
	@$(VENV)/python -m tools.vendor --update

lock: setup ## pin requirements.txt again from pyproject.toml (UPGRADE=1: to the newest)
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --target .venv/lock "$(UV)"
	@.venv/lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade) \
	  --group dev pyproject.toml --output-file requirements.txt
