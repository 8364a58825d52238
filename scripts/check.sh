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
# A later Go knows more fixes; they are for the change that moves go.mod to it.
version=$(go env GOVERSION)
if [[ $version == go$(go list -m -f '{{.GoVersion}}' | cut -d. -f1,2)* ]]; then
	say "go fix -diff"
	fixes=$(go fix -diff ./...) || die "go fix would change:
$fixes"
else
	say "go fix -diff: left out, $version is later than go.mod's"
fi
say "go mod tidy -diff"
go mod tidy -diff
say "go mod verify"
go mod verify
say "generated code"
bash scripts/generate.sh --check
say "shellcheck"
shellcheck --external-sources --shell=bash scripts/*.sh .ci/run
say "check: clean"
