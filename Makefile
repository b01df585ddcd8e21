# Each target sets up what it needs on first use.
.PHONY: run clean-run test check demo bench faults manual setup test-setup
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
PY := $(VENV)/bin/python
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)

help:
	@echo "make run     local server, sample office, window (its data stays; make clean-run resets)"
	@echo "make test    the whole suite      make check   format, lint, types, import contracts"
	@echo "make demo    the counter's day on real parts, into out/"
	@echo "make manual  the pictures of docs/huong-dan anew"
	@echo "make bench   benchmarks beside their limits and peers"
	@echo "make faults  the fault matrix in full length"

# The environment is made anew when the lock changes.
$(VENV)/.ready: uv.lock pyproject.toml
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) >/dev/null \
		|| { scripts/packages.sh venv && $(PYTHON) -m venv --clear $(VENV); }
	@$(PY) -m pip install -q --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(VENV)/bin/uv sync -q --frozen --inexact --compile-bytecode
	@touch $@

setup: $(VENV)/.ready
	@scripts/packages.sh run
	@$(PY) -m compileall -q app printing server scripts main.py

test-setup: $(VENV)/.ready
	@scripts/packages.sh test

run: setup
	@$(PY) scripts/run.py

clean-run:
	@rm -rf var/run

test: test-setup
	@$(PY) -m pytest

check: $(VENV)/.ready
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache | tail -n 16

manual: test-setup
	@QMC_WRITE_PICTURES=1 QT_QPA_PLATFORM=offscreen $(PY) -m pytest -q -p no:randomly \
		tests/ui/test_manual.py

demo: test-setup
	@$(PY) -m scripts.demo

bench: test-setup
	@scripts/packages.sh bench
	@$(PY) -m benchmarks

faults: test-setup
	@scripts/packages.sh faults
	@$(PY) -m benchmarks.faults
