# `make demo` and `make test` do all the set-up, packages of the system included (.ci/set-up has the list).
# PYTHON names another interpreter (3.11 or later).
PYTHON ?= python3
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
# Two workers more than cores: tests of served rigs wait. Tests that share what was measured once are run by one of them.
# `make test WORKERS=` runs in one process, for a debugger.
WORKERS ?= --dist loadgroup --numprocesses $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
# Programs that tests start may keep what they compiled for the next.
PYTEST = env -u PYTHONDONTWRITEBYTECODE QT_QPA_PLATFORM=offscreen $(BIN)/pytest $(WORKERS)
# What pytest runs, options included; empty for everything.
TESTS ?=

.PHONY: benchmarks demo test test-quick oracles driver-pages docs notebooks lint mutants wheel-demo fresh-machine clean set-up-again
.NOTPARALLEL:

demo: $(VENV)/.installed
	$(BIN)/labctl demo

test: $(VENV)/.installed-dev
	$(PYTEST) $(TESTS)

test-quick: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow" $(TESTS)

# Installs the simulators by other people with which tests/oracles tests the drivers; without them these are skipped.
oracles:
	.ci/oracles

# Writes what the drivers declare into docs/reference/drivers and docs/bench-checks.md.
driver-pages: $(VENV)/.installed-dev
	PYTHONPATH=tests/oracles $(BIN)/python .ci/driver_pages.py

# Builds the manual as a site in build/site. Warnings, dead links and dead anchors are errors.
docs: $(VENV)/.installed-dev
	.ci/site-build

# Executes the notebooks of docs/notebooks and stores their output in them.
notebooks: $(VENV)/.installed-dev
	$(BIN)/python .ci/notebooks.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Builds sdist and wheel, and runs the demo from the wheel in an environment of its own.
wheel-demo: $(VENV)/.installed-dev
	.ci/wheel-demo

# MUTANTS holds options of benchmarks/mutants.py: make mutants MUTANTS="--mutants 100 --room derive"
mutants: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/mutants.py $(MUTANTS)

# All studies, in a short form below an hour; FULL=1 takes days and goes on where it was cut.
benchmarks: $(VENV)/.installed-dev
	$(BIN)/python benchmarks $(if $(FULL),--full) $(BENCHMARKS)

# Shows on a bare Debian 12 in a chroot, as root and as two kinds of user, that the targets above set themselves up.
# Needs root, debootstrap and the package index. `make fresh-machine TESTS=` runs all tests there.
fresh-machine: export TESTS ?= tests/labctl/gui tests/labctl/config tests/labctl/measure
fresh-machine:
	.ci/fresh-machine

$(VENV)/.installed: pyproject.toml
	.ci/set-up demo

$(VENV)/.installed-dev: pyproject.toml
	.ci/set-up test

# An environment whose interpreter is gone, or whose set-up was interrupted, is set up again.
ifneq ($(shell test -x $(BIN)/python && test ! -e $(VENV)/.unfinished && echo whole),whole)
$(VENV)/.installed $(VENV)/.installed-dev: set-up-again
endif

clean:
	rm -rf $(VENV) .oracles demo build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
