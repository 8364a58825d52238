#!/usr/bin/env bash
# The suite of benchmarks with its targets, and what is done with its results, which go to .cache/bench.
# usage: bench.sh run      BENCH=regexp of rows, BENCH_OUT=file, BENCH_PAIRS=5, BENCH_TURN=350ms, BENCH_PROFILE=1
#        bench.sh compare  OLD=file NEW=file (the latest)
#        bench.sh readme   NEW=file (the latest)
#        bench.sh go       all Go benchmarks: BENCH=regexp BENCHTIME=1s COUNT=1
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
results=$WORK/bench

# suite builds the program and runs it.
suite() {
	mkdir -p "$results"
	go build -o "$results/suite" ./lab/bench/suite
	"$results/suite" "$@"
}

# new is the result that is asked for, or the latest.
new() {
	[[ -n ${NEW:-$(find "$results" -name '*.json' 2>/dev/null)} ]] || die "there is no result in $results: sudo make bench"
	printf '%s' "${NEW:-$(find "$results" -name '*.json' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)}"
}

run() {
	local commit args=()
	bash scripts/deps.sh demo bench || say "note: rows that need these packages are left out"
	is_root || say "note: rows in network namespaces need root and are left out: sudo make bench"
	commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
	args=(--out "${BENCH_OUT:-$results/$(date -u +%Y%m%dT%H%M%SZ)-$commit.json}" --match "${BENCH:-}")
	[[ ${BENCH_PROFILE:-0} == 0 ]] || args+=(--profiles "$results/profiles")
	suite run "${args[@]}"
}

go_benchmarks() {
	local packages
	mapfile -t packages < <(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)
	[[ ${#packages[@]} -gt 0 ]] || die "there is no benchmark"
	is_root || say "note: the benchmarks over veth need root and will be skipped"
	bash scripts/deps.sh bench || say "note: without libisal-dev nothing is compared with ISA-L"
	go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -count "${COUNT:-1}" \
		-p=1 -timeout 60m "${packages[@]}"
}

case ${1:-run} in
run) run ;;
compare)
	[[ -n ${OLD:-} ]] || die "which result is the old one? make bench-compare OLD=file"
	suite compare "$OLD" "$(new)"
	;;
readme) suite readme "$(new)" README.md ;;
go) go_benchmarks ;;
*) die "unknown verb $1; expected run, compare, readme or go" ;;
esac
