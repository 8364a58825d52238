#!/usr/bin/env bash
# Generates api/cmdpb from its schema. With --check it changes nothing and fails if the files in the
# tree are stale.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

bash scripts/deps.sh generate
bash scripts/tools.sh protoc-gen-go
out=$(mktemp -d)
trap 'rm -rf "$out"; hand_back' EXIT
protoc --proto_path=api/cmdpb --go_out="$out" --go_opt=paths=source_relative cmd.proto
for file in "$out"/*.go; do
	name=api/cmdpb/$(basename "$file")
	if [[ ${1:-} == --check ]]; then
		# The comment with protoc's own version differs between Debian releases; the code does not.
		diff -u -I '^// 	protoc  ' "$name" "$file" || die "$name is stale; run: make generate"
	else
		install -m 0644 "$file" "$name"
		say "wrote $name"
	fi
done
