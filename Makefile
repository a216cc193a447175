# Four Rooms. `make demo` and `make test` set up all they need; the second time they are instant.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AUDIT := .audit
TUNE := .venv-tune
DIST := .venv-dist
# One more than there are processors: many tests wait for a process of their own.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')
# What a torch for GPUs brings: it stays out of the lock, as torch does, which is chosen by machine.
OF_TORCH := torch triton cuda-bindings cuda-pathfinder cuda-toolkit \
  nvidia-cublas nvidia-cuda-cccl nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime \
  nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

.PHONY: help demo run dist test test-postgres test-tune test-dist shuffled check audit bench kills faults soak redteam \
  screenshots texts lock clean

help:
	@echo "make demo         talk with the bot in a Discord on this machine: no account, no key"
	@echo "make run          run the bot against Discord, with the settings in .env"
	@echo "make test         all tests"
	@echo "make test-postgres  all that can be on PostgreSQL: stores, engine, rooms (long)"
	@echo "make test-tune    tests of the tuning, in an environment of its own (1.5 GB)"
	@echo "make dist         wheel and source package, in dist/"
	@echo "make test-dist    install the wheel and run the demo from it, with a scripted model"
	@echo "make shuffled     all tests in another order each time"
	@echo "make check        lint, strict types, and who may import whom"
	@echo "make audit        known vulnerabilities of the locked packages, and their licences"
	@echo "make bench        speed and memory, as a table"
	@echo "make kills        hundreds of kills under load: what is lost, doubled or missing (an hour)"
	@echo "make faults       every fault of models and of Discord, and what people see of it (20 minutes)"
	@echo "make soak         10,000 turns: memory, lost, doubled, as lines (TURNS=2000 for fewer)"
	@echo "make redteam      attacks on the model that is set, or the embedded one (an hour or two)"
	@echo "make screenshots  the README's pictures anew, from a real conversation (needs Chromium)"
	@echo "make texts        bring the catalogues of moderators' texts up to date"
	@echo "make lock         pin the dependencies of pyproject.toml anew (needs uv)"
	@echo "make clean        remove what make made; models and data stay"

demo: $(READY)
	@$(BIN)/python -m bot demo

run: $(READY)
	@$(BIN)/python -m bot run

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-postgres: $(READY)
	POSTGRES_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/python -m pytest -n auto --postgres

test-tune: $(TUNE)/.ready
	$(TUNE)/bin/python -m pytest tests/tuning

# Nothing that is built is run: what builds it stays out of the bot's own environment.
dist:
	@test -x $(DIST)/bin/python || $(PYTHON) -m venv $(DIST)
	@$(DIST)/bin/python -m pip install --quiet --disable-pip-version-check \
	  "build>=1.6,<2" "hatchling>=1.33,<2"
	@rm -rf dist
	$(DIST)/bin/python -m build --no-isolation

test-dist: $(READY) dist
	$(BIN)/python -m tests.dist

shuffled: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -p randomly

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# In an environment of its own: pip-audit brings much that nothing here needs.
audit: $(READY)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && \
	  $(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.10,<3"; } || \
	  echo "pip-audit could not be installed: licences alone are looked at."
	@$(BIN)/python -m tests.audit $(AUDIT)/bin/pip-audit

bench: $(READY)
	@$(BIN)/python -m tests.benchmarks

kills: $(READY)
	@$(BIN)/python -m tests.kills $(KILLS)

faults: $(READY)
	@$(BIN)/python -m tests.faults

soak: $(READY)
	@$(BIN)/python -m tests.benchmarks.soak $(TURNS)

redteam: $(READY)
	@$(BIN)/python -m tests.redteam $(if $(MOST),--most $(MOST))

screenshots: $(READY)
	@$(BIN)/python -m tests.screenshots

texts: $(READY)
	@$(BIN)/python -m tests.text.catalogues
	@$(BIN)/python -m tests.text.language_names

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Four Rooms needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)."; \
	    echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once: some minutes, and 0.8 GB of disk)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $(READY)

# A torch that is there already, e.g. one without CUDA, is kept: docs/tuning.md.
$(TUNE)/.ready: requirements-tune.lock
	@test -x $(TUNE)/bin/python || $(PYTHON) -m venv $(TUNE)
	@$(TUNE)/bin/python -m pip install --disable-pip-version-check "torch==2.13.0"
	@$(TUNE)/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements-tune.lock
	@touch $@

lock:
	uv pip compile pyproject.toml --extra all --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --extra tune --extra embedded --extra dev --universal \
	  --python-version 3.11 --constraint requirements.lock --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate $(OF_TORCH:%=--no-emit-package %) \
	  --output-file requirements-tune.lock
	uv pip compile pyproject.toml --extra embedded --extra charts --extra postgres --universal \
	  --python-version 3.11 --constraint requirements.lock --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --output-file requirements-run.lock

clean:
	rm -rf $(VENV) $(AUDIT) $(TUNE) $(DIST) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
