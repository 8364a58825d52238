#!/usr/bin/env bash
# Installs the Debian packages that the tests need and this machine lacks.
# usage: deps.sh demo|test|generate|interop|processors|bench...
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

missing=()

# need COMMAND PACKAGE
need() { command -v "$1" >/dev/null || missing+=("$2"); }

# python_protobuf finds Debian's Python with protobuf, which the client in Python runs on.
python_protobuf() { /usr/bin/python3 -c 'import google.protobuf' 2>/dev/null; }

for group in "$@"; do
	case $group in
	demo) need ip iproute2 ;;
	interop)
		need ip iproute2
		need qemu-system-x86_64 qemu-system-x86
		[[ -e /usr/share/seabios/bios-256k.bin ]] || missing+=(seabios)
		;;
	processors)
		need qemu-aarch64 qemu-user
		need qemu-x86_64 qemu-user
		;;
	bench)
		need gcc gcc
		[[ -e /usr/include/isa-l/crc.h ]] || missing+=(libisal-dev libc6-dev)
		;;
	generate) need protoc protobuf-compiler ;;
	test)
		need ip iproute2
		need tshark tshark
		need gcc gcc
		echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 || missing+=(libc6-dev)
		need unshare util-linux
		need systemd-analyze systemd
		need shellcheck shellcheck
		need protoc protobuf-compiler
		need mypy mypy
		python_protobuf || missing+=(python3 python3-protobuf)
		;;
	*) die "unknown group $group; expected demo, test, generate, interop, processors or bench" ;;
	esac
done
if [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then
	missing+=(ca-certificates)
fi
if [[ ${#missing[@]} == 0 ]]; then
	say "Debian packages: all there"
	exit 0
fi
command -v apt-get >/dev/null || die "these are missing and there is no apt-get to install them: ${missing[*]}"
is_root || die "these Debian packages are missing: ${missing[*]}; run: sudo apt-get install ${missing[*]}"

say "Debian packages: installing ${missing[*]} (apt-get, may take a minute)"
export DEBIAN_FRONTEND=noninteractive
log=$WORK/apt.log
apt() { apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" >>"$log" 2>&1; }
: >"$log"
if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; }; then
	tail -n 20 "$log" >&2
	die "apt-get failed; the whole of it is in $log"
fi
hand_back
