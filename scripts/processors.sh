#!/usr/bin/env bash
# Runs the tests of what is written in assembly on processors that this machine has not got, emulated by
# Debian's qemu-user, and without assembly. Where no emulator can be installed it says so loudly, and the
# rest runs.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

trap hand_back EXIT
package=./datapath/aal5

say "without assembly"
go vet -tags purego "$package"
go test -tags purego "$package"
for arch in arm64 amd64; do
	GOARCH=$arch go vet "$package"
done

if ! bash scripts/deps.sh processors; then
	say "##############################################################################"
	say "## NOT SHOWN: the CRC of AAL5 on other processors. qemu-user cannot be installed."
	say "##############################################################################"
	exit 0
fi

# emulate EMULATOR CPU ARCHITECTURE IMPLEMENTATION: the tests pass, those of the best implementation that
# the processor has among them.
emulate() {
	local binary=$WORK/aal5.$3.test log=$WORK/aal5.$2.log
	[[ -e $binary ]] || CGO_ENABLED=0 GOARCH=$3 go test -c -o "$binary" "$package"
	if ! (cd "$package" && timeout 120 "$1" -cpu "$2" "$binary" -test.v >"$log" 2>&1); then
		cat "$log"
		die "the tests fail on $2"
	fi
	grep -q -e "--- PASS: TestModel/$4 " "$log" || die "$2 has not run $4"
	[[ $(grep -o -e '--- PASS: TestModel/[a-z]*' "$log" | tail -n 1) == *"/$4" ]] || die "$2 has run more than $4"
	say "ok on $3 $2: $4"
}

rm -f "$WORK"/aal5.*.test
emulate qemu-aarch64 max arm64 pmull
emulate qemu-x86_64 Westmere amd64 pclmulqdq # no AVX
emulate qemu-x86_64 Nehalem amd64 generic
