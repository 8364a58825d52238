#!/usr/bin/env bash
# Runs once more, at full speed without the race detector, the packages whose tests make network
# namespaces or do less under the detector. Needs root; a skipped test is a failure.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

is_root || die "network namespaces need root: sudo make test-root"
mapfile -t packages < <(grep -rlE --include='*_test.go' --exclude-dir=testdata --exclude-dir='.[a-z]*' \
	'CLONE_NEWNET|internal/vethtest"|callmanager/lab"|raceEnabled' . | xargs -r -n 1 dirname | sort -u)
[[ ${#packages[@]} -gt 0 ]] || die "no test uses a network namespace"
# Timing matters to these, so they do not share the machine with each other.
exec bash scripts/gotest.sh root -count=1 -p=1 -timeout 8m "${packages[@]}"
