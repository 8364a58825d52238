#!/usr/bin/env bash
# Runs the benchmarks: those in memory, then those over veth if this is root.
# usage: BENCH=regexp BENCHTIME=1s COUNT=1 bench.sh
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
mapfile -t packages < <(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)
[[ ${#packages[@]} -gt 0 ]] || die "there is no benchmark"
is_root || say "note: the benchmarks over veth need root and will be skipped"
bash scripts/deps.sh bench || say "note: without libisal-dev nothing is compared with ISA-L"
go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -count "${COUNT:-1}" \
	-p=1 -timeout 30m "${packages[@]}"
