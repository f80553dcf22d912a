PY ?= python3
PORT ?= 8000
bin := .venv/bin
ready := .venv/.ready

.PHONY: run test check bench lab mutants help lock picture

help:     ## say what each command does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/' | sed 's/^/make /'

run: $(ready)     ## serve everything on 127.0.0.1:8000 (PORT= changes it): web, worker, SQLite, demo people, /simulator
	@$(bin)/senti run --port $(PORT)

test: $(ready)    ## run the whole test suite on memory, SQLite and a real PostgreSQL
	@$(bin)/python -m pytest -q $(ARGS)

check: $(ready)   ## lint, types, floors, proven menus, current map, executed documentation
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-logo
	@$(bin)/senti menus check
	@$(bin)/senti tariff check
	@$(bin)/python -m pytest -q tests/test_docs.py tests/test_menus.py tests/test_architecture.py tests/security/test_asvs.py

bench: $(ready)   ## measure, as ratios to limits of the same run (ROUND=short: some six minutes); report under var/bench/
	@$(bin)/python -m tests.bench $(ARGS)

lab: $(ready)     ## break everything around the money and count what is lost (ROUND=short: under 15 minutes); report under var/lab/
	@$(bin)/python -m tests.lab $(ARGS)

mutants: $(ready) ## spoil the books and the use cases, one small thing at a time, and see that the tests notice (some 40 minutes)
	@$(bin)/python -m tests.mutants $(ARGS)

picture: $(ready) ## take the pictures of the simulator and the console anew (needs chromium)
	@$(bin)/python -m tests.simulator.picture
	@$(bin)/python -m tests.console.picture

lock:             ## renew requirements.lock
	@$(bin)/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --upgrade -o requirements.lock
	@! grep -q '://' requirements.lock

$(ready): requirements.lock pyproject.toml
	@echo "Installing into .venv (once) ..."
	@$(PY) -m venv .venv
	@$(bin)/pip install -q --disable-pip-version-check uv==0.13.9 2>/dev/null
	@$(bin)/uv pip sync -q --python $(bin)/python --require-hashes requirements.lock
	@$(bin)/uv pip install -q --python $(bin)/python --no-deps --no-build-isolation -e .
	@touch $@
