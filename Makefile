# Everything a newcomer needs. `make` alone lists the targets.
#
#   PYTHON=python3.12 make setup    another interpreter (3.11 or newer)
#   PORT=9000 make run              another port (default 8000)
#   CRM_DEMO=0 make run             no demonstration data
#   make test ARGS="-k phone -x"    arguments for pytest

PYTHON ?= python3
VENV := .venv/bin
export DJANGO_SETTINGS_MODULE ?= crm_site.settings

.DEFAULT_GOAL := help
.PHONY: help python setup setup-dev run test check format bench drill clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Python was not found: install Python 3.11 or newer, or name it with PYTHON=." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, but $(PYTHON) is $$($(PYTHON) --version 2>&1); name another with PYTHON=." >&2; exit 2; }

setup: python  ## install what is missing; starts nothing
	@$(PYTHON) scripts/setup.py

setup-dev: python  ## the same with the tools of development
	@$(PYTHON) scripts/setup.py --dev

run: setup  ## set up what is missing, start everything, load the demonstration once
	@$(VENV)/python manage.py up --prepare

test: setup-dev  ## set up what is missing, run every test on servers of its own
	@scripts/test.sh $(ARGS)

check: setup-dev  ## format, lint, types, layers, templates, migrations, settings, catalogue
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/djlint templates --lint
	$(VENV)/python manage.py makemigrations --check --dry-run
	SECRET_KEY="$$($(VENV)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" CRM_HTTPS=1 \
		$(VENV)/python manage.py check --deploy --fail-level WARNING
	$(VENV)/python manage.py catalogue check

format: setup-dev  ## mend what `make check` can mend by itself
	$(VENV)/ruff check --fix-only .
	$(VENV)/ruff format .
	$(VENV)/python manage.py catalogue update

bench: setup-dev  ## measure; prints a table, writes var/bench.json
	$(VENV)/python -m tests.bench $(ARGS)

drill: setup  ## restore the latest backup into a second installation and compare
	@$(VENV)/python manage.py drill $(ARGS)

clean:  ## remove what setup made; the data in var/ stay
	rm -rf .venv node_modules static/vendor tests/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete 2>/dev/null || true
