# `make` alone prints what there is. PROFILE, SEEDS and R go to every target that runs notebooks.
PROFILE ?= digits
SEEDS ?=
R ?= 0.33
CONDA_ENV ?=
SYSTEM_PYTHON ?= python3

# Where the imagenet10 profile finds what it cannot ship: make reproduce PROFILE=imagenet10 IMAGENET=/data/imagenet
IMAGENET ?= $(PAPERLIB_IMAGENET)
BIGGAN ?= $(PAPERLIB_BIGGAN)
INCEPTION ?= $(PAPERLIB_INCEPTION)
JUDGE ?= $(PAPERLIB_JUDGE)
# ... and faces takes: make conditioning PROFILE=faces UTKFACE=/data/UTKFace
UTKFACE ?= $(PAPERLIB_UTKFACE)
FACES_GENERATOR ?= $(PAPERLIB_FACES_GENERATOR)
FACES_CLASSIFIER ?= $(PAPERLIB_FACES_CLASSIFIER)
FACES_JUDGE ?= $(PAPERLIB_FACES_JUDGE)
export PAPERLIB_UTKFACE := $(UTKFACE)
export PAPERLIB_FACES_GENERATOR := $(FACES_GENERATOR)
export PAPERLIB_FACES_CLASSIFIER := $(FACES_CLASSIFIER)
export PAPERLIB_FACES_JUDGE := $(FACES_JUDGE)
export PAPERLIB_IMAGENET := $(IMAGENET)
export PAPERLIB_BIGGAN := $(BIGGAN)
export PAPERLIB_INCEPTION := $(INCEPTION)
export PAPERLIB_JUDGE := $(JUDGE)

# A conda environment that is named or active is used (base is left alone); otherwise .venv is made.
ifneq ($(CONDA_ENV),)
PYTHON := conda run --no-capture-output -n $(CONDA_ENV) python
STAMP := .env-$(CONDA_ENV).stamp
else ifneq ($(filter-out base,$(CONDA_DEFAULT_ENV)),)
PYTHON := python
STAMP := .env-$(CONDA_DEFAULT_ENV).stamp
else
PYTHON := .venv/bin/python
STAMP := .venv/.stamp
endif

RUN := $(PYTHON) -m paperlib.commands.reproduce --profile $(PROFILE) $(if $(SEEDS),--seeds $(SEEDS))

.DEFAULT_GOAL := help
.PHONY: help env reproduce test lint format lab table1 sweep hard-samples conditioning quality diversity report doctor bench readme reference times pretrained clean-results

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo "  with PROFILE=digits (default), imagenet10, faces, or their trials smoke, imagenet10_smoke, faces_smoke; SEEDS=n, CONDA_ENV=name"

env: $(STAMP) ## install everything (.venv, or the active or named conda environment)

.venv/bin/python:
	$(SYSTEM_PYTHON) -m venv .venv

$(STAMP): pyproject.toml constraints.txt $(filter .venv/bin/python,$(PYTHON))
	$(PYTHON) -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

reproduce: env ## every notebook, record, table and figure, and results/PROFILE/report.html
	$(RUN)

test: env ## the whole test suite, every notebook included
	$(PYTHON) -m pytest

lint: env ## ruff on code and notebooks, and the type checker
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

format: env ## ruff's formatter, and notebooks without outputs
	$(PYTHON) -m ruff format .
	$(PYTHON) -m nbstripout notebooks/*.ipynb

lab: env ## JupyterLab on this machine only, with its token
	$(PYTHON) -m jupyter lab --ip=127.0.0.1 notebooks

table1: env ## paper A, Table 1
	$(RUN) --only 01_table1

sweep: env ## paper A, Fig. 4 at one point: make sweep R=0.33
	$(RUN) --only 02_r_sweep --r $(R)

hard-samples: env ## paper A, Fig. 3
	$(RUN) --only 03_hard_samples

conditioning: env ## paper B
	$(RUN) --only 04_conditioning

quality: env ## image quality of every set of images
	$(RUN) --only 05_image_quality

diversity: env ## past paper B: conditioning without collapse
	$(RUN) --only 06_diversity

report: env ## tables, report.html and the comparison, from the records there are
	$(RUN) --report-only

doctor: env ## what this machine has and lacks for PROFILE, and how long it would take here
	$(PYTHON) -m paperlib.commands.doctor --profile $(PROFILE) $(if $(SEEDS),--seeds $(SEEDS))

bench: env ## speed beside the upstream libraries, into results/reference/bench
	$(PYTHON) bench/speed.py

readme: env ## the numbers in README.md, from results/reference/digits
	$(PYTHON) -m paperlib.commands.readme

reference: env ## the committed results: results/reference/PROFILE at SEEDS=10
	PAPERLIB_RESULTS=$(CURDIR)/results/reference $(PYTHON) -m paperlib.commands.reproduce --profile $(PROFILE) --seeds $(if $(SEEDS),$(SEEDS),10)

times: env ## measure `make reproduce` and `make test` for README.md
	$(PYTHON) bench/times.py

pretrained: env ## train the shipped generators and classifiers again (CPU, under an hour)
	$(PYTHON) -m paperlib.commands.reproduce --pretrain

clean-results: ## forget the records of PROFILE
	rm -rf results/$(PROFILE)
