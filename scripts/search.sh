#!/usr/bin/env bash
# Searches all that pairs of protocol machines can come to, as far as memory allows: two SSCOP entities,
# then calls, restarts and parties of Q.2931 and Q.2971. A line each of states, steps, depth and time; a
# state that nothing leads out of, or a broken rule, ends in failure with the shortest way to it.
# usage: search.sh [REGEXP-OF-TESTS]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
mkdir -p "$WORK"
failed=0
for dir in signalling/sscop signalling/q2931; do
	say "== $dir"
	binary=$WORK/$(basename "$dir").search.test
	go test -c -o "$binary" "./$dir"
	(cd "$dir" && "$binary" -test.v -test.timeout 0 -test.run "${1:-^TestSearch}" -whole) || failed=1
done
exit "$failed"
