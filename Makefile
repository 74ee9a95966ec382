# `make` alone prints the list of targets. Every target that runs notebooks takes PROFILE and SEEDS.
PROFILE ?= digits
SEEDS ?=
R ?= 0.33
CONDA_ENV ?=
LAB_ARGS ?=
SYSTEM_PYTHON ?= python3
TEST_WORKERS ?= auto
FOLDER ?= results/reference/bench

# Files that the imagenet10 profile needs and that do not ship here: make reproduce PROFILE=imagenet10 IMAGENET=/data/imagenet
IMAGENET ?= $(PAPERLIB_IMAGENET)
BIGGAN ?= $(PAPERLIB_BIGGAN)
INCEPTION ?= $(PAPERLIB_INCEPTION)
JUDGE ?= $(PAPERLIB_JUDGE)
# The cifar10 profiles take this: make reproduce PROFILE=cifar10_small CIFAR10=/data/cifar10; without it the official archive is downloaded
CIFAR10 ?= $(PAPERLIB_CIFAR10)
export PAPERLIB_CIFAR10 := $(CIFAR10)
# The faces profile takes these: make conditioning PROFILE=faces UTKFACE=/data/UTKFace
UTKFACE ?= $(PAPERLIB_UTKFACE)
FACES_GENERATOR ?= $(PAPERLIB_FACES_GENERATOR)
FACES_CLASSIFIER ?= $(PAPERLIB_FACES_CLASSIFIER)
FACES_JUDGE ?= $(PAPERLIB_FACES_JUDGE)
# Where runs are computed, see docs/cluster.md: make reproduce CLUSTER=slurm; DASHBOARD=1 shows Dask's page on 127.0.0.1
CLUSTER ?= $(PAPERLIB_CLUSTER)
DASHBOARD ?= $(PAPERLIB_DASHBOARD)
export PAPERLIB_CLUSTER := $(CLUSTER)
export PAPERLIB_DASHBOARD := $(DASHBOARD)
export PAPERLIB_UTKFACE := $(UTKFACE)
export PAPERLIB_FACES_GENERATOR := $(FACES_GENERATOR)
export PAPERLIB_FACES_CLASSIFIER := $(FACES_CLASSIFIER)
export PAPERLIB_FACES_JUDGE := $(FACES_JUDGE)
export PAPERLIB_IMAGENET := $(IMAGENET)
export PAPERLIB_BIGGAN := $(BIGGAN)
export PAPERLIB_INCEPTION := $(INCEPTION)
export PAPERLIB_JUDGE := $(JUDGE)

# What to do about a Python of the wrong version.
NEW_VENV := make env SYSTEM_PYTHON=python3.12
NEW_CONDA_ENV := conda env create -f environment.yml, then make env CONDA_ENV=paperlib

# A named or active conda environment is used, but never base. Without one, .venv is made.
ifneq ($(CONDA_ENV),)
PYTHON := conda run --no-capture-output -n $(CONDA_ENV) python
STAMP := .env-$(CONDA_ENV).stamp
REMEDY := $(NEW_CONDA_ENV)
else ifneq ($(filter-out base,$(CONDA_DEFAULT_ENV)),)
PYTHON := python
STAMP := .env-$(CONDA_DEFAULT_ENV).stamp
REMEDY := $(NEW_CONDA_ENV)
else
PYTHON := .venv/bin/python
STAMP := .venv/.stamp
REMEDY := delete .venv, then $(NEW_VENV)
endif

# requires-python = ">=3.11,<3.14" of pyproject.toml -> 3.11, 3.12, 3.13
VERSIONS = $(shell sed -n 's/^requires-python = ">=3\.\(.*\),<3\.\(.*\)"/\1 \2/p' pyproject.toml | while read first past; do seq -s ', ' -f 3.%g $$first $$((past - 1)); done)

# One line and the end where the command $(1) starts none of these versions. $(2): the remedy.
define check_python
@found=$$($(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); \
	case ", $(VERSIONS)," in *", $$found,"*) ;; \
	*) echo "error: $(1) $${found:+is Python }$${found:-does not start}; use one of $(VERSIONS): $(2)" >&2; exit 1;; esac
endef

# The path of a profile counts from the caller's folder: PWD, which `make -C` leaves alone. A program may start make with a PWD of long ago.
CALLER := $(if $(wildcard $(PWD)/$(PROFILE)),$(PWD),$(if $(wildcard $(CURDIR)/$(PROFILE)),$(CURDIR),$(PWD)))
SOURCE := $(if $(filter %.py,$(PROFILE)),$(if $(filter /% ~%,$(PROFILE)),,$(CALLER)/))$(PROFILE)
RUN := $(PYTHON) -m companion.commands.reproduce --profile '$(SOURCE)' $(if $(SEEDS),--seeds $(SEEDS))

.DEFAULT_GOAL := help
.PHONY: help env reproduce test test-fast test-slow test-browser test-cluster lint format lab table1 sweep hard-samples conditioning quality diversity stages report doctor bench gpu check-warm-start readme reference examples times pretrained recipes clean-results

help: ## print this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'
	@echo "Options:"
	@echo "  PROFILE=digits     also cifar10, cifar10_small, imagenet10 or faces; smoke, cifar10_smoke, imagenet10_smoke and faces_smoke are quick trials"
	@echo "  PROFILE=path.py    your own profile, see docs/own_parts.md"
	@echo "  SEEDS=n            number of seeds"
	@echo "  MINUTES=n          make pretrained PROFILE=cifar10 or faces: stop after n minutes; the next call goes on. PART=name: this part alone; STEPS=n: see docs/cifar10.md"
	@echo "  CLUSTER=slurm      or tls://host:port, a Dask scheduler: compute there, see docs/cluster.md"
	@echo "  DASHBOARD=1        show what the workers do, on 127.0.0.1"
	@echo "  CONDA_ENV=name     use this conda environment instead of .venv"
	@echo "  SYSTEM_PYTHON=path make .venv with this Python; without it python3"

env: $(STAMP) ## install everything, into .venv or the conda environment

.venv/bin/python:
	$(call check_python,$(SYSTEM_PYTHON),$(NEW_VENV))
	$(SYSTEM_PYTHON) -m venv .venv

$(STAMP): pyproject.toml constraints.txt $(filter .venv/bin/python,$(PYTHON))
	$(call check_python,$(PYTHON),$(REMEDY))
	$(PYTHON) -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

reproduce: env ## run notebooks 00 to 06; write records, tables, figures and results/PROFILE/report.html
	$(RUN)

test: env ## run all tests, every notebook included, in TEST_WORKERS processes
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

test-fast: env ## run the tests that take no more than some seconds each
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder -m "not slow"

test-slow: env ## run the long tests: stops at random moments, a hung worker, a full disk; the defaults of distil_posterior on three pairs; all profiles of the pages; that every argument changes a result
	OMP_NUM_THREADS=1 PAPERLIB_SLOW=1 $(PYTHON) -m pytest tests/stopping tests/samplers/test_defaults.py tests/test_docs.py tests/test_calls.py

test-browser: env ## open the report and every notebook in a real browser (needs the extra [browser], and Chromium of the system)
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -rs tests/browser

test-cluster: env ## run the smoke profile on a real SLURM on this machine (needs slurm-wlm and munge, and root)
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -rs tests/cluster

lint: env ## check style, types and the order of imports
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

format: env ## format the code and remove outputs from notebooks
	$(PYTHON) -m ruff format .
	$(PYTHON) -m nbstripout notebooks/*.ipynb

lab: env ## open the repository in JupyterLab, on 127.0.0.1 with a token; as root in a container: LAB_ARGS=--allow-root
	$(PYTHON) -m jupyter lab --ip=127.0.0.1 $(LAB_ARGS)

table1: env ## run paper A, Table 1
	$(RUN) --only 01_table1

sweep: env ## run one point of paper A, Fig. 4 (the whole curve: make reproduce): make sweep R=0.33
	$(RUN) --only 02_r_sweep --r $(R)

hard-samples: env ## run paper A, Fig. 3, and how far mining may go
	$(RUN) --only 03_hard_samples

conditioning: env ## run paper B
	$(RUN) --only 04_conditioning

quality: env ## measure the image quality of every set of images
	$(RUN) --only 05_image_quality

diversity: env ## run conditioning without collapse, past paper B
	$(RUN) --only 06_diversity

stages: env ## notebook 07, when do the methods help: train its generators, compute their runs (hours; goes on where it was stopped)
	$(PYTHON) -m companion.commands.stages $(if $(SEEDS),--seeds $(SEEDS))

report: env ## write tables, report.html and the comparison from existing records
	$(RUN) --report-only

doctor: env ## list what PROFILE needs, what is missing, and the time it would take here
	$(PYTHON) -m companion.commands.doctor --profile '$(SOURCE)' $(if $(SEEDS),--seeds $(SEEDS))

bench: env ## measure speed against the upstream libraries, records, engine, explorer, and the price of an attribute, into results/reference/bench
	$(PYTHON) bench/speed.py
	$(PYTHON) bench/records.py
	$(PYTHON) bench/engine.py
	$(PYTHON) bench/explorer.py
	$(PYTHON) bench/sampling.py

# It installs nothing, for a machine without a package index: make gpu PYTHON=python3 FOLDER=/tmp/out
gpu: ## measure a GPU at paper A's scale, under ten minutes, with the packages that PYTHON has, into FOLDER
	$(PYTHON) bench/speed.py --folder $(FOLDER)

check-warm-start: env ## paper B with a warm start at 20 seeds, into results/reference/bench (over half an hour; resumes)
	$(PYTHON) bench/warm_start.py

readme: env ## write the tables and pictures of README.md, docs and examples from results/reference
	$(PYTHON) -m companion.commands.overview
	$(PYTHON) -m companion.commands.readme

reference: env ## compute the committed results, results/reference/PROFILE, with SEEDS=10
	PAPERLIB_RESULTS=$(CURDIR)/results/reference $(PYTHON) -m companion.commands.reproduce --profile '$(SOURCE)' --seeds $(if $(SEEDS),$(SEEDS),10)
	PAPERLIB_RESULTS=$(CURDIR)/results/reference $(PYTHON) -m companion.commands.pack --profile '$(SOURCE)'

examples: env ## run examples/paper_a.py and paper_b.py and record what they print, for `make readme`
	$(PYTHON) bench/examples.py

times: env ## time `make reproduce` and `make test` for README.md
	$(PYTHON) bench/times.py

pretrained: env ## train the shipped generators and classifiers again (under an hour on a CPU; PROFILE=cifar10 or faces: hours)
	$(PYTHON) -m companion.commands.pretrain --profile '$(SOURCE)' $(if $(MINUTES),--minutes $(MINUTES)) $(if $(PART),--part $(PART)) $(if $(STEPS),--steps $(STEPS))

recipes: env ## compare recipes for the generators of cifar10, into results/reference/pretraining (hours; resumes)
	$(PYTHON) bench/generator_recipes.py

clean-results: $(if $(filter %.py,$(PROFILE)),env) ## delete the results of PROFILE
	@case "$(PROFILE)" in *.py) ;; ""|.*|*/*|reference) echo "PROFILE = $(PROFILE): use the name of one profile's folder in results/, or the path of its file." >&2; exit 1;; esac
	$(if $(filter %.py,$(PROFILE)),$(RUN) --clean,rm -rf "results/$(PROFILE)")
