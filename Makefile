# `make demo` and `make test` need Python 3.11 or newer, make, and the package registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGUMENTS ?= -n auto
WORKFLOWS := $(wildcard examples/jobs/github-*.yml .github/workflows/*.yml)
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: help dev demo test year lint format bench bench-fleet docs build clean

help:
	@echo "make demo    see pinner at work on examples/shop, without network"
	@echo "make test    run all tests; installs what they need where it may"
	@echo "make year    a year of nightly updates over 200 images; takes long"
	@echo "make lint    formatting, style and types"
	@echo "make bench   measure speed and count requests"
	@echo "make bench-fleet  measure a fleet of a thousand repositories"
	@echo "make build   build the wheel and the source distribution"
	@echo "make docs    build the documentation into site/"

$(BIN)/pinner: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(MAKE) --no-print-directory venv-package
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Debian and Ubuntu keep venv's parts in a package of their own.
.PHONY: venv-package
venv-package:
	@rm -rf $(VENV)
	@echo "installing Debian's python3-venv"
	@{ $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  $(SUDO) apt-get install -y -qq python3-venv; } >/dev/null 2>&1 || \
	  { echo "python3-venv cannot be installed; install it by hand"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/dev: $(BIN)/pinner
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

dev: $(VENV)/dev

# Beside the typer that is installed, for the tests that compare both.
$(VENV)/newest-typer: $(VENV)/dev
	@$(BIN)/python -m pip install --quiet --upgrade --target $@ typer 2>/dev/null
	@touch $@

demo: $(BIN)/pinner
	@PINNER=$(abspath $(BIN)/pinner) sh examples/demo.sh

test: $(VENV)/dev $(VENV)/newest-typer
	@sh tests/install_tools.sh
	@$(BIN)/python -m pytest $(PYTEST_ARGUMENTS)

year: $(VENV)/dev
	@PINNER_NIGHTS=365 $(BIN)/python -m pytest -s tests/real/test_simulated_year.py

lint: $(VENV)/dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@for system in linux win32 darwin; do $(BIN)/mypy --platform $$system || exit 1; done
	@$(BIN)/zizmor --quiet --no-progress --offline --persona=auditor $(WORKFLOWS) action.yml
	@sh tests/actionlint.sh $(WORKFLOWS)
	@$(BIN)/pinner verify --quiet --strict --no-cache

format: $(VENV)/dev
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

bench: $(VENV)/dev
	@$(BIN)/python benchmarks/run.py

bench-fleet: $(VENV)/dev
	@$(BIN)/python benchmarks/fleet.py

docs: $(VENV)/docs
	@NO_MKDOCS_2_WARNING=1 $(VENV)/docs-site/bin/mkdocs build --quiet --strict

$(VENV)/docs: pyproject.toml $(VENV)/dev
	@$(PYTHON) -m venv $(VENV)/docs-site
	@$(VENV)/docs-site/bin/pip install --quiet --disable-pip-version-check "mkdocs-material>=9.6,<10"
	@touch $@

build: $(VENV)/dev
	@rm -rf dist
	@$(BIN)/python -m build --quiet
	@$(BIN)/twine check --strict dist/* >/dev/null
	@$(BIN)/check-wheel-contents dist/*.whl

clean:
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
