# Two commands: `make demo` and `make test`. The README says what they need on the machine.
ASKED := $(if $(PYTHON),asked)
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

# Where it is set, each of the hundreds of processes of a demo or a test would compile the whole source anew.
export PYTHONDONTWRITEBYTECODE :=

CONFORMANCE := .conformance
AUDIT := .audit
INTO = $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $<

.PHONY: help demo test lint check soak mutants replay bench conformance wheel audit bare docs clean FORCE
.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

$(VENV)/.made: FORCE
	@sh environment.sh make "$(PYTHON)" $(ASKED)

$(VENV)/.run: $(VENV)/.made pyproject.toml constraints.txt
	@sh environment.sh install '.[lab]' $@

$(VENV)/.test: $(VENV)/.run
	@sh environment.sh install '.[test]' $@

$(VENV)/.docs: $(VENV)/.run
	@sh environment.sh install '.[docs]' $@

demo: $(VENV)/.run ## Run the main job on two lab clusters (FROM=folder, KEEP=1)
	@exec $(BIN)/datamotion demo $(if $(FROM),--from "$(FROM)") $(if $(KEEP),--keep)

# What pytest makes of asserts is kept in the checkout; the first time, each of its four processes would make all of it.
$(VENV)/.rewritten: | $(VENV)/.test
	@for half in tests/datamotion "tests/[!d_]*/"; do $(BIN)/python -m pytest --collect-only -qq $$half >$@.log & done; wait
	@touch $@

test: $(VENV)/.test $(VENV)/.rewritten ## Run all tests
	TESTS_SWEEPS=$${TESTS_SWEEPS:-8} $(BIN)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.test ## ruff, mypy --strict, import contracts, generated pages fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

check: lint test ## All that CI runs

soak: $(VENV)/.test ## Random histories, kills, storms of faults, two operators, bad answers; hours (SEED=number repeats them)
	@seed=$${SEED:-$$(date +%s)}; echo "SEED=$$seed"; ended=0; \
	soak="$(BIN)/python -m pytest -s --hypothesis-profile=soak --hypothesis-seed=$$seed --hypothesis-show-statistics"; \
	$$soak -m "not sweep" \
		tests/ontaplab/statemachine tests/ontaplab/kills tests/together/test_faults.py tests/together/replay \
		tests/together/histories tests/together/test_planned.py tests/chaos \
		tests/datamotion/engine/test_two_operators.py tests/datamotion/policy/test_properties.py \
		tests/datamotion/hostcopy/test_copy_kills.py tests/faces/test_runbook.py tests/faces/test_demo_ends.py tests/faces/test_on_terminals.py \
		tests/faces/test_cli_poor_host.py tests/together/test_migrate.py tests/together/test_migrate_files.py tests/together/test_migrate_many.py \
		tests/together/test_migrate_luns_between.py tests/together/test_failover_ways.py tests/together/test_role.py \
		tests/together/test_removal.py tests/together/test_lun_fence.py \
		tests/together/test_cluster_peers.py tests/ontaplab/test_pytest_plugin.py || ended=1; \
	$$soak -m sweep || ended=1; exit $$ended

mutants: $(VENV)/.test ## Each safety guard switched off in turn: which tests notice, half an hour (ARGS="--histories 60 carried")
	$(BIN)/python -m tests.mutants $(ARGS)

replay: $(VENV)/.test ## Of those the bad answers alone, all of them, half an hour (FROM="failover 1500" goes on from there)
	REPLAY_FROM="$(FROM)" $(BIN)/python -m pytest -s --hypothesis-profile=soak --hypothesis-seed=0 \
		tests/together/replay/test_replay.py

bench: $(VENV)/.test $(CONFORMANCE)/cinder/.made ## What docs/bench.md records; takes long (ARGS="listing transfer" for some of it)
	$(BIN)/python -m bench $(ARGS)

$(CONFORMANCE)/ansible/.made: tests/conformance/ansible-constraints.txt | $(VENV)/.made
	$(BIN)/python -m venv $(@D)
	$(INTO) ansible requests
	@touch $@

$(CONFORMANCE)/cinder/.made: tests/conformance/cinder-constraints.txt | $(VENV)/.made
	$(BIN)/python -m venv $(@D)
	$(INTO) 'cinder==29.*' ddt fixtures oslotest testtools
	@touch $@

$(CONFORMANCE)/manila/.made: tests/conformance/manila-constraints.txt | $(VENV)/.made
	$(BIN)/python -m venv $(@D)
	$(INTO) 'manila==23.*'
	@touch $@

conformance: $(VENV)/.test $(CONFORMANCE)/ansible/.made $(CONFORMANCE)/cinder/.made $(CONFORMANCE)/manila/.made ## Run Ansible and OpenStack's Cinder and Manila against labs (minutes)
	$(BIN)/python -m pytest tests/conformance/with_*.py $(ARGS)

$(AUDIT)/.made: | $(VENV)/.made
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit==2.*' || \
		{ rm -rf $(@D); echo "pip-audit could not be installed: nothing was asked" >&2; exit 2; }
	@touch $@

wheel: $(VENV)/.test ## Build a wheel, install it in empty environments, play the demo from it (a minute or two)
	$(BIN)/python -m pytest tests/wheel/with_wheel.py $(ARGS)

audit: $(VENV)/.run $(AUDIT)/.made ## Ask whether advisories are known for any package that is pinned (ARGS="-s osv")
	@$(BIN)/python -m tests.audit $(AUDIT)/bin/pip-audit $(ARGS)

bare: ## Both commands on bare machines; needs root and debootstrap (docs/bare.md)
	"$(PYTHON)" -m tests.bare

docs: $(VENV)/.docs ## Rewrite the pages made from code, and build the site of all into site/
	$(BIN)/python -m docs.generate
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

clean: ## Remove what the targets made
	rm -rf $(VENV) $(CONFORMANCE) $(AUDIT) site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
