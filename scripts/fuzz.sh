#!/usr/bin/env bash
# Runs every native fuzz target of the repository, each for an equal share of the time. What is
# compiled before does not count.
# usage: fuzz.sh [SECONDS-IN-ALL]   (default 40)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

total=${1:-40}
[[ $total =~ ^[1-9][0-9]*$ ]] || die "fuzz.sh: $total is no number of seconds"
bin=$(mktemp -d)
trap 'rm -rf "$bin"; hand_back' EXIT

mapfile -t targets < <(grep -rHoE --include='*_test.go' --exclude-dir=testdata --exclude-dir='.[a-z]*' '^func Fuzz\w+' . |
	sed -E 's|^\./(.*)/[^/]*:func |\1 |' | sort)
[[ ${#targets[@]} -gt 0 ]] || die "no fuzz target found"

share=$((total * 1000 / ${#targets[@]}))
[[ $share -ge 1000 ]] || share=1000
say "${#targets[@]} targets, $((share / 1000)).$((share / 100 % 10)) s each"

# program PACKAGE is where its instrumented test binary goes.
program() { printf '%s/%s.test' "$bin" "${1//\//-}"; }

SECONDS=0
mapfile -t packages < <(printf '%s\n' "${targets[@]}" | cut -d' ' -f1 | sort -u)
# go test compiles for fuzzing one package at a time, and links with one processor.
for package in "${packages[@]}"; do
	printf '%s\n./%s\n' "$(program "$package")" "$package"
done | xargs -P "$(nproc)" -n 2 go test -c -fuzz=. -o || die 'tests do not build'
say "compiled in $SECONDS s"

# fuzz PACKAGE NAME: inputs that are new are minimized with a few attempts only: by default the engine
# spends up to a minute on each, which is most of the time. It at times reports its own deadline as a
# failure when the time is up; without an input that failed this is none, and the target runs once more.
cache=$(go env GOCACHE)/fuzz/callmanager
fuzz() {
	local out code
	for attempt in 1 2; do
		code=0
		out=$(cd "$1" && timeout -k 5 $((share / 1000 + 30)) "$(program "$1")" -test.run '^$' -test.fuzz "^$2\$" \
			-test.fuzztime "${share}ms" -test.fuzzminimizetime 5x -test.fuzzcachedir "$cache/$1" 2>&1) || code=$?
		if [[ $code == 0 ]]; then
			printf '%-20s %-20s %s\n' "$2" "$1" "$(grep -E '^fuzz: elapsed' <<<"$out" | tail -n 1)"
			return 0
		fi
		if [[ $attempt == 2 || $out == *'Failing input written to'* || $out != *'context deadline exceeded'* ]]; then
			printf -- '--- FAIL: %s in ./%s (exit code %d)\n%s\n' "$2" "$1" "$code" "$out"
			return 1
		fi
	done
}

failed=()
for target in "${targets[@]}"; do
	read -r package name <<<"$target"
	fuzz "$package" "$name" || failed+=("go test -run '^$name\$' ./$package")
done
if [[ ${#failed[@]} -gt 0 ]]; then
	printf 'again: %s\n' "${failed[@]}"
	die "fuzzing found something; the inputs are in testdata/fuzz beside the tests: add them to the repository with the fix"
fi
say "fuzz: nothing found"
