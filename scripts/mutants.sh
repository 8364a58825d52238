#!/usr/bin/env bash
# Puts deliberate bugs into an overlay of the tree, one at a time, and wants the simulation (lab/simnet)
# to find each within 1 000 seeds. The tree is not touched but for the table lab/simnet/MUTANTS.md.
# usage: mutants.sh [PART-OF-A-NAME]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
go test -v -count=1 -run '^TestMutants$' -timeout 60m ./lab/simnet -mutants -update -mutant "${1:-}"
