#!/usr/bin/env bash
# Everything that is checked without running the code.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
bash scripts/tools.sh golangci-lint

say "go vet"
go vet ./...
say "golangci-lint $GOLANGCI_LINT_VERSION: formatting (gofmt, gofumpt, gci)"
golangci-lint fmt --diff ./...
say "golangci-lint $GOLANGCI_LINT_VERSION: rules"
golangci-lint run ./...
say "go fix -diff"
fixes=$(go fix -diff ./...)
[[ -z $fixes ]] || die "go fix would change:
$fixes"
say "go mod tidy -diff"
go mod tidy -diff
say "go mod verify"
go mod verify
say "generated code"
bash scripts/generate.sh --check
say "shellcheck"
shellcheck --external-sources --shell=bash scripts/*.sh .ci/run
say "check: clean"
