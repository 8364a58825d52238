#!/usr/bin/env bash
# Runs every native fuzz target of the repository, each for an equal share of the time.
# usage: fuzz.sh [SECONDS-IN-ALL]   (default 120)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

total=${1:-120}
trap hand_back EXIT

# go test -list prints the targets of a package and then "ok <tab> package <tab> time".
targets=()
names=()
while read -r first second _; do
	case $first in
	Fuzz*) names+=("$first") ;;
	ok)
		for name in "${names[@]}"; do targets+=("$second $name"); done
		names=()
		;;
	FAIL) die "the tests of $second do not build" ;;
	esac
done < <(go test -list '^Fuzz' ./... 2>&1)
[[ ${#targets[@]} -gt 0 ]] || die "no fuzz target found"

share=$((total / ${#targets[@]}))
[[ $share -gt 0 ]] || share=1
say "${#targets[@]} targets, ${share} s each"

# fuzz PACKAGE NAME: the engine at times reports its own deadline as a failure when the time is up;
# without an input that failed this is none, and the target runs once more.
fuzz() {
	local out
	for attempt in 1 2; do
		if out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "${share}s" -fuzzminimizetime 5s "$1" 2>&1); then
			printf '%-40s %s\n' "$2" "$(grep -E '^(ok|fuzz: elapsed)' <<<"$out" | tail -n 2 | head -n 1)"
			return 0
		fi
		if [[ $attempt == 2 || $out == *'Failing input written to'* || $out != *'context deadline exceeded'* ]]; then
			printf '%s\n' "$out"
			return 1
		fi
	done
}

failed=0
for target in "${targets[@]}"; do
	read -r package name <<<"$target"
	fuzz "$package" "$name" || failed=1
done
[[ $failed == 0 ]] || die "fuzzing found something; the inputs are in testdata/fuzz beside the tests"
say "fuzz: nothing found"
