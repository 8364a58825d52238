#!/usr/bin/env bash
# Lets random clients of two daemons do so many operations, and compares all that the daemons say with a small model.
# It shows how often each pair of state and operation was visited, and fails if one was not. A divergence is shrunk,
# and shown with the seed; SEED=number runs it again. Needs root.
# usage: SEED=number model.sh STEPS
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

is_root || die "network namespaces need root: sudo make model"
trap hand_back EXIT
mkdir -p "$WORK"
go test -c -o "$WORK/e2e.test" ./lab/e2e
cd lab/e2e
"$WORK/e2e.test" -test.v -test.run '^TestModel$' -test.timeout 0 -model.steps "${1:-100000}" -rapid.seed "${SEED:-0}"
