# One command for each task. Each sets itself up first, in .venv/ and .cache/ of this folder, and writes nothing elsewhere
# but what a scan needs (and `make test`, `make test-hosts` and `make molecule`, as root on Debian, the packages that tests use).

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

is_new_enough = $(shell $(1) -I -c 'import sys; print("yes" if sys.version_info >= (3, 11) else "")' 2>/dev/null)
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(if $(call is_new_enough,$(name)),$(name))))
python = $(or $(PYTHON),$(error No Python 3.11 or newer on PATH. Install one, or name it: make $@ PYTHON=/path/to/python3))
script = $(python) -B scripts/$(1).py

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: ## Scan this machine and report on it under reports/
	@$(call script,run) demo ansible-playbook patchops.fleet.scan -i inventories/demo $(ARGS)

test: ## Run every test on everything it has to work on
	@$(call script,run_tests)

test-hosts: ## Run tests on booted hosts of every kind (root on Debian); ARGS="-k debian12" passes options to pytest
	@$(call script,run_host_tests) $(ARGS)

molecule: ## Run the Molecule scenarios on booted hosts (root on Debian); KINDS="debian12" names the hosts
	@$(call script,run_molecule) $(KINDS)

lint: ## Run ansible-test sanity, ansible-lint, ruff and the changelog check
	@$(call script,run_lint)

format: ## Put the code in the form that lint asks for
	@$(call script,run) lint ruff check --fix --quiet .
	@$(call script,run) lint ruff format .

aws-demo: ## Show the AWS side with an SSM on this machine and sixty nodes: no account, nothing outside; ARGS="--keep" leaves it running
	@$(call script,run) test python scripts/aws_demo.py $(ARGS)

bench: ## Measure scan, engine and reading compliance on AWS beside the least they can take, and a scan of ten hosts (that as root on Debian)
	@$(call script,run) test python tests/bench/bench.py $(ARGS)

build: ## Build the collection archive in dist/
	@$(call script,run) demo ansible-galaxy collection build --force --output-path dist

system-deps: ## Install what is missing of tests/debian-packages.txt (root on Debian)
	@$(call script,system_deps)

pins: ## Resolve requirements/*.in to exact versions again
	@$(call script,pin)

policies: ## Write the least IAM policies, docs/iam, by what roles and modules call; ARGS="NAME" makes one
	@$(call script,run) test python scripts/policies.py $(ARGS)

clean: ## Remove everything that these targets made
	rm -rf .venv .cache .hypothesis dist reports

.PHONY: help demo aws-demo test test-hosts molecule lint format bench build system-deps pins policies clean
