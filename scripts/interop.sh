#!/usr/bin/env bash
# Shows cmd-daemon to Linux's own ATM stack, in a guest of QEMU. Without an emulator that can be
# installed, or without the guest's image, it says so loudly and does nothing.
# usage: INTEROP_IMAGE=DIRECTORY interop.sh [short]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

is_root || die "make interop makes network namespaces: sudo make interop"
trap hand_back EXIT

image=${INTEROP_IMAGE:-$(dirname "$ROOT")/shared/peers/linux-atm/img}
without() {
	say "##############################################################################"
	say "## NOT SHOWN: interoperation with Linux's ATM stack. $1"
	say "##############################################################################"
	exit 0
}
[[ -e $image/vmlinuz && -e $image/initrd ]] || without "No image of the guest in $image; INTEROP_IMAGE names its directory."
bash scripts/deps.sh interop || without "QEMU cannot be installed."

args=(-count=1 -timeout 15m)
[[ ${1:-} != short ]] || args+=(-short)
log=$WORK/interop.log
# One line a case while it runs; everything if one fails.
if ! INTEROP_IMAGE=$image go test -v "${args[@]}" ./lab/interop 2>&1 | tee "$log" |
	sed -unE 's/^ +[a-z_]+_test\.go:[0-9]+: /    /p; /^ok /p'; then
	cat "$log"
	die "interoperation failed"
fi
if grep -q -e '--- SKIP' "$log"; then
	grep -B 2 -e '--- SKIP' "$log"
	die "interoperation was not shown"
fi
