# Every verb installs what it needs. `make validate` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
BUILD_INPUTS := pyproject.toml setup.py $(wildcard src/serverless_init/*/*.pyx)

.PHONY: setup demo demo-dual fmt check test property e2e static-gates sanitized coverage bench gate-smoke \
	gate-quick gate peers docs validate clean

demo: $(RUN) ## run a small program on the embedded local intake and show what arrived
	$(BIN)/serverless-init --local -- $(BIN)/python examples/checkout.py

demo-dual: $(RUN) ## the same to two local intakes, one of which is down at first
	$(BIN)/python examples/dual_shipping/demo.py

setup: $(DEV) ## install everything for development into .venv

fmt: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: $(DEV) ## lint, format, types, floors, generated docs, changelog fragments
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:randomly tests/test_floors.py tests/test_sizes.py tests/test_imports.py
	$(BIN)/python tools/configuration_page.py --check
	$(BIN)/python tools/check_changelog.py

test: $(DEV) ## all tests but the benchmarks
	$(BIN)/python -m pytest -q

property: $(DEV)
	$(BIN)/python -m pytest -q tests/property

e2e: $(DEV)
	$(BIN)/python -m pytest -q tests/e2e tests/faults

static-gates: $(DEV) ## size, imports and files of the wheel, against where this branch left main
	$(BIN)/sictl gate static

sanitized: $(DEV) ## the tests of the compiled twins, every access to memory checked
	$(BIN)/python tools/sanitized.py tests/twins/test_the_*.py tests/unit/sampler \
		tests/unit/reception/test_receiving_in_threads.py tests/unit/traces/test_concentrator.py \
		tests/unit/traces/test_decoding.py tests/unit/traces/test_pipeline.py tests/vectors/traces \
		tests/property/test_trace_decoders.py

coverage: $(DEV) ## of the statements that have changed, how many the quick tests execute
	$(BIN)/sictl gate coverage

bench: $(DEV) ## measure; prints numbers, judges nothing
	$(BIN)/python -m tests.bench

gate-smoke: $(DEV) ## the shortest form of the gate: bounds, a minute
	$(BIN)/sictl gate run --tier smoke

gate-quick: $(DEV) ## every experiment by its bounds, under ten minutes
	$(BIN)/sictl gate run --tier quick

gate: $(DEV) ## every experiment in full, an hour or two
	$(BIN)/sictl gate run --tier full

peers: $(DEV) ## measure other programs beside us, and write the table of docs/performance.md
	$(BIN)/sictl gate peers --write docs/performance.md

docs: $(DEV) ## regenerate the reference pages
	$(BIN)/python tools/configuration_page.py

validate: check static-gates test sanitized demo gate-smoke

clean:
	rm -rf $(VENV) build dist src/serverless_init/*/*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/e2e/node/node_modules

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): $(BUILD_INPUTS) $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	touch $@

$(DEV): $(BUILD_INPUTS) $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,dev]'
	touch $@ $(RUN)
