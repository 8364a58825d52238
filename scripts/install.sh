#!/usr/bin/env bash
# Installs the built programs and the files of deploy. A configuration that is there is kept.
# usage: DESTDIR= PREFIX=/usr install.sh
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

dest=${DESTDIR:-} prefix=${PREFIX:-/usr}
[[ -x bin/cmd-daemon && -x bin/cmctl ]] || die "bin/ is empty: make build"
[[ -n $dest ]] || is_root || die "installing below $prefix needs root: sudo make install"

put() { install -D -m "$1" "$2" "$dest$3"; }
put 0755 bin/cmd-daemon "$prefix/bin/cmd-daemon"
put 0755 bin/cmctl "$prefix/bin/cmctl"
put 0644 deploy/sysusers.d/cmd-daemon.conf "$prefix/lib/sysusers.d/cmd-daemon.conf"
put 0644 deploy/tmpfiles.d/cmd-daemon.conf "$prefix/lib/tmpfiles.d/cmd-daemon.conf"
put 0644 deploy/sysctl.d/60-cmd-daemon.conf "$prefix/lib/sysctl.d/60-cmd-daemon.conf"
put 0644 deploy/cmd-daemon.toml "$prefix/share/doc/cmd-daemon/cmd-daemon.toml"
put 0644 deploy/README.md "$prefix/share/doc/cmd-daemon/README.md"
[[ -e $dest/etc/cmd-daemon/cmd-daemon.toml ]] || put 0644 deploy/cmd-daemon.toml /etc/cmd-daemon/cmd-daemon.toml

# The unit names the program by its whole path.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sed "s|^ExecStart=/usr/bin/|ExecStart=$prefix/bin/|" deploy/cmd-daemon.service >"$tmp/unit"
put 0644 "$tmp/unit" "$prefix/lib/systemd/system/cmd-daemon.service"
for program in cmctl cmd-daemon; do
	for shell in bash zsh fish; do
		"bin/$program" completion "$shell" >"$tmp/$shell"
	done
	put 0644 "$tmp/bash" "$prefix/share/bash-completion/completions/$program"
	put 0644 "$tmp/zsh" "$prefix/share/zsh/vendor-completions/_$program"
	put 0644 "$tmp/fish" "$prefix/share/fish/vendor_completions.d/$program.fish"
done

say "installed below ${dest:-/}. Next, on this machine:
  sudo systemd-sysusers && sudo systemd-tmpfiles --create && sudo sysctl --system
  sudo editor /etc/cmd-daemon/cmd-daemon.toml
  sudo systemctl daemon-reload && sudo systemctl enable --now cmd-daemon"
