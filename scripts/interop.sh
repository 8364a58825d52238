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
code=0
INTEROP_IMAGE=$image go test -v "${args[@]}" ./lab/interop >"$log" 2>&1 || code=$?
if [[ $code != 0 ]]; then
	cat "$log"
	die "interoperation failed"
fi
sed -nE 's/^ +[a-z_]+_test\.go:[0-9]+: /    /p; /^(ok|--- )/p; s/^    (--- PASS.*)/\1/p' "$log"
