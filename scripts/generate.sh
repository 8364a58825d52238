#!/usr/bin/env bash
# Generates api/cmdpb, the schema of the client in Python, and api/README.md from the schema. With --check it changes
# nothing and fails if the files in the tree are stale.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

bash scripts/deps.sh generate
bash scripts/tools.sh protoc-gen-go
out=$(mktemp -d)
trap 'rm -rf "$out"; hand_back' EXIT
mkdir "$out/go" "$out/python"
protoc --proto_path=api/cmdpb --go_out="$out/go" --go_opt=paths=source_relative \
	--python_out="$out/python" --pyi_out="$out/python" \
	--include_source_info --descriptor_set_out="$out/schema" cmd.proto

# put DIRECTORY FILE...: compares or installs files of a directory.
put() {
	local dir=$1 file name
	shift
	for file in "$@"; do
		name=$dir/$(basename "$file")
		if [[ ${check:-} == --check ]]; then
			# The comment with protoc's own version differs between Debian releases; the code does not.
			diff -u -I '^// 	protoc  ' "$name" "$file" || die "$name is stale; run: make generate"
		else
			install -m 0644 "$file" "$name"
			say "wrote $name"
		fi
	done
}

check=${1:-}
put api/cmdpb "$out"/go/*.go
# What protoc writes for Python differs from release to release. In the tree is that of 3.21, which goes with Debian's
# python3-protobuf; a test of the client holds what it contains to the schema, whatever protoc there is.
if [[ $(protoc --version) == 'libprotoc 3.21.'* ]]; then
	put api/python/cmdclient "$out"/python/*
else
	say "the Python schema is left as it is: it is written by protoc 3.21, this is $(protoc --version)"
fi
# The generator is built with what has just been written.
go run ./api/internal/apidoc "$out/schema" >"$out/README.md"
put api "$out/README.md"
