# Two commands matter: `make book` and `make test`. Each makes the environment it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
FUZZ_SECONDS ?= 180
# A worker computes on one core, waits without spinning, and gives blocks over 1 MB back when freed.
PYTEST := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=1048576 \
  $(BIN)/python -m pytest \
  --numprocesses auto --maxprocesses 4 --no-loadscope-reorder
export MAMMO_DATA MAMMO_REAL_DATA

.DEFAULT_GOAL := help
.PHONY: help book pdf test test-all lint format lab bench gpu-check fuzz clean distclean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/' | expand -t 18
	@echo
	@echo "  variables: PARAMS=params/demo.yaml|ci.yaml|paper.yaml  MAMMO_DATA=/folder/of/real/data  OFFLINE=1  PYTHON=python3.12"

book: $(BIN)/.book ## execute what changed and render the book (PARAMS=..., MAMMO_DATA=..., OFFLINE=1)
	@$(BIN)/mammo book$(if $(OFFLINE), --offline)$(if $(PARAMS), --params $(PARAMS))

pdf: book ## print the book to book/_build/mammo.pdf, where a Chromium is at hand
	@$(BIN)/python -m mammo.book.pdf

test: $(BIN)/.test ## run the tests, a small complete build of the book among them
	@$(PYTEST) -m "not long"

test-all: $(BIN)/.test $(BIN)/.lab ## run these and the long ones: bad files, kills, JupyterLab
	@$(PYTEST)

lint: $(BIN)/.test ## check style and formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(BIN)/.test ## mend style and formatting
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lab: $(BIN)/.lab ## open JupyterLab; the .py files under notebooks/ are its notebooks
	@JUPYTER_CONFIG_PATH=$(CURDIR)/.jupyter $(BIN)/jupyter lab --notebook-dir=notebooks

bench: $(BIN)/.test ## time what is meant to be fast, side by side
	@for script in $(filter-out %/gpu_check.py %/simulated_sets.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

gpu-check: $(BIN)/.book ## compare all models on a GPU with the CPU and time them (8 minutes)
	@$(BIN)/python benchmarks/gpu_check.py

fuzz: $(BIN)/.fuzz ## look for files that a reader does not withstand (FUZZ_SECONDS=180 each)
	@for kind in $$($(BIN)/python fuzz/readers.py --list); do echo "== $$kind"; \
	  $(BIN)/python -W ignore fuzz/readers.py $$kind --seconds $(FUZZ_SECONDS) || exit 1; done

clean: ## remove the built book and everything computed; data and environment stay
	rm -rf book/_build book/chapters book/index.ipynb artifacts

distclean: clean ## remove the environment too
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than Python 3.11; name another: make PYTHON=python3.12 book"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "make: Python's venv module is incomplete; on Debian: apt install python3-venv"; exit 1; }

$(BIN)/.book: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing into $(VENV) (some minutes, about 7 GB with torch's CUDA libraries) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(BIN)/.test: $(BIN)/.book
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(BIN)/.fuzz: $(BIN)/.test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0  # Linux only
	@touch $@

$(BIN)/.lab: $(BIN)/.book
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[lab]'
	@touch $@
