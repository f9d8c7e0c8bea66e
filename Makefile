# Everything has a short name here; `make` alone lists them. Nothing needs to be activated:
# targets use the environments of this folder, which `make setup` makes and keeps up to date.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run setup train test lint format bench lock clean

BIN := .venv/bin
CODE := assistant actions backend tests benchmarks
LOCK := uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate $(if $(UPGRADE),--upgrade)
# Extra arguments for pytest, as in `make test PYTEST_ARGS="tests/cli -x"`.
PYTEST_ARGS ?=
# Without them all tests run: a file in each of two processes, then the same with browsers, which bring a product
# of their own, then those that measure time or end processes and must have the machine for themselves.
BROWSERS := tests/browser
ALONE := tests/cli tests/crashes
TWO_AT_ONCE := -n 2 --dist loadgroup --no-loadscope-reorder
# Run one npm script in every web project, with the Node of our environment.
in_each_web_project = PATH="$(CURDIR)/$(BIN):$$PATH"; for manifest in assistant/*/package.json; do \
	(cd "$$(dirname "$$manifest")" && npm run --silent --if-present $(1)) || exit 1; done

help: ## List what can be made
	@echo "Ask Licensing: make <target>"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-8s %s\n", $$1, $$2}'

run: ## Set up what is missing, train when needed, start, and print the address (PORT, STATE_DIR)
	@sh .ci/setup run
	@exec $(BIN)/ask-licensing up

setup: ## Make both environments, with the tools for working on it, and build the widget
	@sh .ci/setup dev

train: setup ## Train Rasa's model if config.yml, data/ or assistant/nlu changed
	@$(BIN)/ask-licensing train

test: setup train lint ## Run every check and every test (PYTEST_ARGS="tests/cli -x" for some)
	@$(call in_each_web_project,test)
ifeq ($(strip $(PYTEST_ARGS)),)
	@failed=0; \
	$(BIN)/python -m pytest $(TWO_AT_ONCE) $(addprefix --ignore=,$(BROWSERS) $(ALONE)) $(PYTEST_ALWAYS) || failed=1; \
	$(BIN)/python -m pytest $(TWO_AT_ONCE) $(BROWSERS) $(PYTEST_ALWAYS) || failed=1; \
	$(BIN)/python -m pytest $(ALONE) $(PYTEST_ALWAYS) || failed=1; exit $$failed
else
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(PYTEST_ALWAYS)
endif

lint: setup ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run 'make format'."; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(call in_each_web_project,check)

format: setup ## Sort imports, apply safe fixes, format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup train ## Measure, and print ratios against named baselines
	@$(BIN)/python -m benchmarks

lock: ## Compile requirements/*.in again (UPGRADE=1 for newer versions)
	@$(LOCK) --override requirements/app.overrides.in requirements/app.in -o requirements/app.txt
	@$(LOCK) -c requirements/app.txt requirements/build.in -o requirements/build.txt
	@$(LOCK) -c requirements/app.txt --override requirements/app.overrides.in requirements/dev.in -o requirements/dev.txt
	@$(LOCK) --override requirements/rasa.overrides.in requirements/rasa.in -o requirements/rasa.txt

clean: ## Remove what was installed, built or cached; var/ with its database stays
	@rm -rf .venv .venv-rasa .setup .rasa .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -rf assistant/*/node_modules assistant/*/dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
