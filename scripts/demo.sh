#!/usr/bin/env bash
# The main job, shown: two daemons, a call, ten thousand SDUs each way, and everything given back.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

is_root || die "the demo makes network namespaces: sudo make demo"
[[ -x bin/cmctl ]] || die "bin/cmctl is not built: make build"
exec bin/cmctl demo
