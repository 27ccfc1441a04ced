# Each target makes .venv and installs what it needs. PYTHON names another interpreter (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One worker per core; `make test WORKERS=` runs in one process, as a debugger wants it.
WORKERS ?= --numprocesses auto

.PHONY: demo test test-quick lint mutants clean

demo: $(VENV)/.installed
	$(BIN)/labctl demo

test: $(VENV)/.installed-dev
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest $(WORKERS)

test-quick: $(VENV)/.installed-dev
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest $(WORKERS) -m "not slow"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# MUTANTS holds options of benchmarks/mutants.py: make mutants MUTANTS="--mutants 100 --room derive"
mutants: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/mutants.py $(MUTANTS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev,gui]"
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .ruff_cache .hypothesis
