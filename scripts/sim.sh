#!/usr/bin/env bash
# Runs simulated networks of call managers (lab/simnet) on all cores: a number of seeds from one on, or
# for a time. A seed that breaks a rule ends it, with the ladder of a run as small as could be found.
# usage: sim.sh SEEDS [FIRST] | sim.sh TIME
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

case ${1:-10000} in
*[smh]) what=(-for "$1") ;;
*) what=(-seeds "${1:-10000}" -first "${2:-1}") ;;
esac
trap hand_back EXIT
mkdir -p "$WORK"
go test -c -o "$WORK/simnet.test" ./lab/simnet
cd lab/simnet
"$WORK/simnet.test" -test.run '^TestSeeds$' -test.timeout 0 "${what[@]}"
