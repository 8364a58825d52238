#!/usr/bin/env bash
# Builds the programs into bin/, static and without paths of this machine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
say "building with $(go env GOVERSION) ($(command -v go))"
mkdir -p bin
CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...
say "built: $(cd bin && echo *)"
