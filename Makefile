# The front door. `make help` lists what it can do; meson.build says what is built.

SHELL := /bin/sh
.DEFAULT_GOAL := build
.PHONY: build run test check one format sim fuzz torture bench generate clean help \
	deps-run deps-test deps-debug deps-bench

SEED ?=
TEST ?=
FILTER ?=
DEBUG ?=
FUZZ_SECONDS ?= 60
RUN_ARGS ?=
ROUNDS ?= 10

build: deps-run ## build build/gramme
	@tools/build.sh release

run: build ## build, then run a cluster of three nodes on ports 7379-7381 (RUN_ARGS="--nodes 5")
	@exec build/gramme dev $(RUN_ARGS)

test: deps-test ## build everything and run every test
	@tools/run-tests.py all

check: deps-test ## format, lint, layers, headers and the fast tests: before each commit
	@tools/run-tests.py check

one: $(if $(DEBUG),deps-debug,deps-test) ## one test program: TEST=ring/slot [FILTER='*tag*'] [DEBUG=1 for gdb]
	@tools/build.sh asan
	@tools/run-tests.py one "$(TEST)" "$(FILTER)" $(if $(DEBUG),--debug)

format: deps-test ## rewrite the C files in the house format
	@tools/format.sh --write

sim: build ## simulate a cluster: SEED=7 [SIM_ARGS="--nodes 5"]
	@build/gramme sim $(if $(SEED),--seed $(SEED)) $(SIM_ARGS)

fuzz: deps-test ## run each fuzz target under libFuzzer for FUZZ_SECONDS
	@tools/fuzz.sh $(FUZZ_SECONDS)

torture: build deps-test ## harm to real nodes under load, in ROUNDS [TORTURE_ARGS="--only kill,cut --hold 5"]
	@bench/heal.py --rounds $(ROUNDS) $(TORTURE_ARGS)

bench: build deps-bench ## measure against a Redis Cluster on this machine (BENCH_ARGS="-n 50000")
	@bench/redis-benchmark.py $(BENCH_ARGS)

generate: build ## write the generated files that are committed (tools/generated.txt)
	@tools/tidy.py --generate

clean: ## remove what was built
	@rm -rf build build-asan build-clang build-fuzz

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

deps-run:
	@tools/install-deps.sh run
deps-test:
	@tools/install-deps.sh test
deps-debug:
	@tools/install-deps.sh debug
deps-bench:
	@tools/install-deps.sh bench
