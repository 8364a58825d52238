#!/usr/bin/env bash
# Installs Go tools at their pinned versions into .tools, unless they are there or in PATH already.
# usage: tools.sh TOOL...   (golangci-lint, protoc-gen-go)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

# pinned NAME VERSION PACKAGE COMMAND...: COMMAND prints the version of what is installed.
pinned() {
	local name=$1 version=$2 package=$3
	shift 3
	if command -v "$name" >/dev/null && [[ $("$@" 2>/dev/null) == *"${version#v}"* ]]; then
		return 0
	fi
	say "$name: installing $version into .tools (from source; the linter takes about two minutes)"
	GOBIN=$TOOLS GOFLAGS='' go install "$package@$version"
}

for tool in "$@"; do
	case $tool in
	golangci-lint)
		pinned golangci-lint "$GOLANGCI_LINT_VERSION" github.com/golangci/golangci-lint/v2/cmd/golangci-lint \
			golangci-lint version --short
		;;
	protoc-gen-go)
		pinned protoc-gen-go "$PROTOC_GEN_GO_VERSION" google.golang.org/protobuf/cmd/protoc-gen-go \
			protoc-gen-go --version
		;;
	*) die "unknown tool $tool" ;;
	esac
done
hand_back
