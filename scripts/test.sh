#!/usr/bin/env bash
# The whole test: what make test and CI run. Each step prints a header with the time since the start;
# the end repeats go test's line for each package.
# usage: FUZZTIME=40 test.sh
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

is_root || die "make test makes network namespaces and packet sockets: sudo make test
       (without root: make check unit fuzz)"
trap hand_back EXIT
SECONDS=0
total=12 step=0

# run TITLE COMMAND...
run() {
	step=$((step + 1))
	printf '\n=== %d/%d %s [%d:%02d]\n' "$step" "$total" "$1" $((SECONDS / 60)) $((SECONDS % 60))
	shift
	if ! "$@"; then
		printf '\nFAIL\tstep %d/%d: %s [%d:%02d]\n' "$step" "$total" "$*" $((SECONDS / 60)) $((SECONDS % 60))
		exit 1
	fi
}

run 'Debian packages' bash scripts/deps.sh test
run 'build' bash scripts/build.sh
run 'check: vet, format, lint, modules, generated code' bash scripts/check.sh
run 'the client in Python' bash scripts/python.sh
# The tests of whole programs have the machine to themselves.
mapfile -t units < <(go list ./... | grep -vE '/lab/(e2e|interop)$')
run 'tests with the race detector, shuffled' bash scripts/gotest.sh unit -race -shuffle=on -timeout 8m "${units[@]}"
run 'tests of the programs with the race detector' bash scripts/gotest.sh e2e -race -shuffle=on -timeout 8m ./lab/e2e
run 'at full speed: network namespaces, packet sockets, rings' bash scripts/root.sh
run 'assembly on other processors, and none' bash scripts/processors.sh
run 'a peer of others: the ATM stack of Linux in a guest' bash scripts/interop.sh short
run 'simulation, 30 s' bash scripts/sim.sh 30s
run "fuzz targets, ${FUZZTIME:-40} s in all" bash scripts/fuzz.sh "${FUZZTIME:-40}"
run 'demo' bash scripts/demo.sh

printf '\n=== all of it again in short [%d:%02d]\n' $((SECONDS / 60)) $((SECONDS % 60))
grep -hE $'^(ok  |FAIL)\t' "$WORK/unit.log" "$WORK/e2e.log" "$WORK/root.log" || true
say PASS
