# Sourced by every script here: finds Go under sudo's restricted PATH, sets up caches that belong to
# whoever runs, and names what all of them share. Variables may be set from outside.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT" || exit 1

export GOLANGCI_LINT_VERSION=v2.15.0
export PROTOC_GEN_GO_VERSION=v1.36.12
TOOLS=$ROOT/.tools
WORK=$ROOT/.cache

say() { printf '%s\n' "$*"; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

is_root() { [[ $(id -u) == 0 ]]; }

# Under sudo the build cache is root's own, whatever HOME sudo left: a root-owned file in the user's
# cache would break the user's next build.
if is_root && [[ -z ${HOME:-} || ${SUDO_USER:-root} != root ]]; then
	HOME=$(getent passwd 0 | cut -d: -f6)
	export HOME
	unset GOCACHE GOMODCACHE GOPATH XDG_CACHE_HOME GOLANGCI_LINT_CACHE
fi
if [[ ! -w ${HOME:-/nonexistent} ]]; then
	HOME=$WORK/home
	export HOME
	mkdir -p "$HOME"
fi

# hand_back gives what root made in the clone to the owner of the clone.
hand_back() {
	is_root || return 0
	local owner made=()
	owner=$(stat -c %u "$ROOT")
	[[ $owner != 0 ]] || return 0
	for dir in bin .tools .cache; do
		[[ ! -e $ROOT/$dir ]] || made+=("$ROOT/$dir")
	done
	[[ ${#made[@]} == 0 ]] || chown -hR --reference="$ROOT" "${made[@]}"
	find "$ROOT" -xdev -path '*/testdata*' -user 0 -exec chown -h --reference="$ROOT" {} +
}

# Git refuses a clone that belongs to somebody else, and go build asks git for the revision.
if is_root && [[ $(stat -c %u "$ROOT") != 0 ]]; then
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$ROOT
fi

# find_go puts the first usable go in front of PATH. Go 1.21 and later fetch the version that go.mod
# names by themselves.
find_go() {
	local user_home='' dir version
	[[ -z ${SUDO_USER:-} ]] || user_home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
	local candidates=(
		"$(dirname "$(command -v go || echo /nonexistent/go)")" "${GOROOT:-/nonexistent}/bin"
		/usr/local/go/bin /usr/lib/go/bin /usr/lib/go-*/bin /opt/go/bin /snap/bin
		"${user_home:-$HOME}"/{go,sdk/go*,.local/go,.go}/bin
	)
	for dir in "${candidates[@]}"; do
		[[ -x $dir/go ]] || continue
		version=$("$dir/go" env GOVERSION 2>/dev/null) || continue
		[[ $version =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -ge 21 ]] || continue
		PATH=$dir:$PATH
		return 0
	done
	die "no Go 1.21 or later in PATH, GOROOT, /usr/local/go, /usr/lib/go-* or ${user_home:-$HOME}; install it from https://go.dev/dl/"
}

PATH=$TOOLS:$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
find_go
export PATH GOTOOLCHAIN=${GOTOOLCHAIN:-auto}
mkdir -p "$WORK"
