# Two commands do everything on a fresh Debian machine with Go: sudo make demo, sudo make test.
# The work is in scripts/, one script a target; they install what is missing and say so.

.DEFAULT_GOAL := build
.PHONY: build test check unit python test-root processors contract fuzz search sim sim-mutants model demo bench bench-compare bench-readme bench-go generate install deps clean distclean help

FUZZTIME ?= 40
SEEDS ?= 10000
STEPS ?= 100000
FIRST ?= 1

build: ## build bin/cmd-daemon and bin/cmctl
	@bash scripts/build.sh

test: ## everything: build, lint, tests, namespaces, fuzz, demo (root; under 15 minutes)
	@FUZZTIME=$(FUZZTIME) bash scripts/test.sh

check: ## vet, formatting, lint, modules, generated code
	@bash scripts/check.sh

unit: ## tests with the race detector; what needs root is skipped without it
	@bash scripts/gotest.sh unit -race -shuffle=on -timeout 8m ./...

python: ## types and tests of the client in Python
	@bash scripts/python.sh

test-root: ## once more at full speed what needs root or the speed (root)
	@bash scripts/root.sh

processors: ## what is in assembly on other processors, emulated by qemu-user, and without
	@bash scripts/processors.sh

contract: ## 10 GB through a CBR VC while others flood: nothing is lost (root)
	@CONTRACT_OCTETS=10e9 bash scripts/gotest.sh contract -count=1 -timeout 15m -run TestContractLosesNothing ./datapath

fuzz: ## every fuzz target, FUZZTIME seconds in all
	@bash scripts/fuzz.sh $(FUZZTIME)

search: ## every state that pairs of protocol machines can come to, as far as memory allows
	@bash scripts/search.sh

interop: ## calls with Linux's own ATM stack, in a guest of QEMU (root; INTEROP_IMAGE=directory)
	@bash scripts/interop.sh

sim: ## simulated networks of call managers: SEEDS of them from FIRST, on all cores
	@bash scripts/sim.sh $(SEEDS) $(FIRST)

sim-mutants: ## deliberate bugs, one at a time: the simulation must find each
	@bash scripts/mutants.sh

model: ## STEPS operations of random clients on two daemons against a small model; all pairs of state and operation (root)
	@bash scripts/model.sh $(STEPS)

demo: ## two daemons, one call, ten thousand SDUs each way (root)
	@bash scripts/deps.sh demo
	@bash scripts/build.sh
	@bash scripts/demo.sh

bench: ## the suite of benchmarks beside the bare path: a table, and JSON in .cache/bench; BENCH=rows BENCH_PROFILE=1 (root)
	@bash scripts/bench.sh run

bench-compare: ## what has changed between two results: OLD=file, NEW=file (the latest)
	@OLD='$(OLD)' NEW='$(NEW)' bash scripts/bench.sh compare

bench-readme: ## put the table of a result into README.md: NEW=file (the latest)
	@NEW='$(NEW)' bash scripts/bench.sh readme

bench-go: ## all Go benchmarks; BENCH=regexp BENCHTIME=1s COUNT=1
	@bash scripts/bench.sh go

generate: ## generate api/cmdpb, api/python's copy of it and api/README.md from the schema
	@bash scripts/generate.sh

install: build ## install below DESTDIR and PREFIX=/usr
	@DESTDIR='$(DESTDIR)' PREFIX='$(or $(PREFIX),/usr)' bash scripts/install.sh

deps: ## install the Debian packages that building and testing need (root)
	@bash scripts/deps.sh demo test generate

clean: ## remove what was built
	rm -rf bin

distclean: clean ## remove the tools and logs too
	rm -rf .tools .cache

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
