PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: demo setup format lint types docs examples lessons test check fuzz audit dist

RUNS ?= 20000
PYTEST := $(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q -c constraints.txt -e . && touch $@

.venv/developing: .venv/installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]' && touch $@

demo: .venv/installed
	$(BIN)/makemore demo

setup: .venv/developing

format: setup
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: setup
	$(BIN)/mypy

lessons: setup
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[lessons]' && $(BIN)/python lessons/build.py

docs: setup
	$(BIN)/python docs/generate.py

examples: setup
	$(BIN)/python docs/examples.py --write

test: setup
	$(PYTEST) -m "not slow and not browser"

fuzz: setup
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[fuzz]'
	for target in reading choosing patterns sampling sequences models command; do \
		$(BIN)/python fuzz/run.py $$target -runs=$(RUNS) -max_len=400 || exit 1; done

check: lint types
	$(BIN)/python docs/generate.py --check && $(PYTEST)
	ATEN_CPU_CAPABILITY=default $(PYTEST) -m "not slow" tests/contracts tests/models

audit: .venv/installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[audit]' && $(BIN)/python supply/audit.py

dist: .venv/installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[release]' && $(BIN)/python supply/dist.py $(TAG)
