# Two commands on a fresh machine (python3 ≥ 3.11, make, a C++ compiler): make demo, make test.
PYTHON ?= python3
PORT ?= 8123
BIN := .venv/bin
READY := .venv/.ready-for-a-node
STAMP := .venv/.complete
NATIVE := CMakeLists.txt $(wildcard src/rempart/signals/native/* src/rempart/signals/native/*/*)

.PHONY: help setup demo run test ci lint types contracts bench requirements messages clean

help:            ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP)  ## Set up, and nothing else

$(STAMP): requirements/boot.txt requirements/build.txt requirements/dev.txt pyproject.toml $(NATIVE)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh dev
	@touch $@ $(READY)

$(READY): requirements/boot.txt requirements/build.txt requirements/node.txt pyproject.toml $(NATIVE)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh node
	@touch $@

demo: $(READY)   ## Play made-up reports between three members (ONCE=1: then stop; YEAR=0: without the year)
	@$(BIN)/rempart demo --port $(PORT) $(if $(ONCE),--once) $(if $(YEAR),--year-reports $(YEAR))

run: $(READY)    ## Serve an empty node on loopback (PORT=8123)
	@REMPART_MODE=dev $(BIN)/rempart run --port $(PORT)

test: setup      ## Run the tests (PostgreSQL too where one is found)
	@sh scripts/test.sh

lint: setup      ## Style, dead code, layout of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup     ## Strict types
	@REMPART_MODE=test REMPART_HOME="$$($(BIN)/python scripts/temporary_home.py)" $(BIN)/mypy

contracts: setup ## Direction of dependencies
	@$(BIN)/lint-imports

ci: lint types contracts test  ## Everything that must be green

bench: setup     ## Quick benchmarks, as tables
	@for each in benchmarks/bench_*.py; do $(BIN)/python $$each --quick || exit 1; done

requirements:    ## Resolve and hash the dependencies anew
	@sh scripts/requirements.sh

messages: setup  ## Collect and compile the translations
	@$(BIN)/python scripts/messages.py

clean:           ## Remove what setup made (data folders stay)
	rm -rf .venv .boot .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
