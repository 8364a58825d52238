#!/usr/bin/env bash
# Runs go test and shows one line a package, everything of a package that failed, and every test that
# was skipped. Run by root it fails if a test was skipped for lack of a privilege or a program: then
# nothing of that may be missing. What the machine itself has not got is excused, see below.
# usage: gotest.sh NAME GO-TEST-ARGUMENTS...   (the whole output goes to .cache/NAME.log)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

log=$WORK/$1.log
shift
trap hand_back EXIT

# A kernel that is too old or built without a feature (the reason names the version, the CONFIG_ option
# or the driver), a systemd that is too old, a test of what others than root may not, and one that means
# nothing under the race detector, one that has a script of its own, and a program for another processor.
excused='root may|CONFIG_[A-Z]|takes the [a-z]+ driver|kernel \(before Linux|knows no --offline|race detector|make interop|on x86-64 only'

# digest reads the output of go test -v, in which each package's lines stand together.
digest() {
	local line lines=() skipped=0
	while IFS= read -r line; do
		case $line in
		$'ok  \t'* | $'?   \t'*)
			skips "${lines[@]}"
			say "$line"
			lines=()
			;;
		$'FAIL\t'*)
			[[ ${#lines[@]} == 0 ]] || printf '%s\n' "${lines[@]}" | grep -Ev '^(=== (RUN|PAUSE|CONT|NAME)|[[:space:]]*--- PASS)' || true
			complaints "${lines[@]}"
			say "$line"
			lines=()
			;;
		*) lines+=("$line") ;;
		esac
	done
	[[ ${#lines[@]} == 0 ]] || printf '%s\n' "${lines[@]}"
	if [[ $skipped -gt 0 ]] && is_root; then
		say "FAIL: $skipped tests were skipped for lack of something that root has"
		return 1
	fi
}

# complaints repeats what tests have said, of the longest the beginning, below the logs that they show with it.
complaints() {
	[[ $# == 0 ]] || printf '%s\n' "$@" | grep -E '^ +[^ ]+_test\.go:[0-9]+: ' | grep -v ': end of the log of ' | cut -c 1-400 | tail -n 20 || true
}

# skips prints the skipped tests of a package, each with the last line that it logged: the reason.
skips() {
	local line word name='' indent='^ +[^ ]+\.go:[0-9]+: '
	local -A reason=()
	for line in "$@"; do
		if [[ $line == '=== '* ]]; then
			read -r _ _ name <<<"$line"
		elif [[ $line == *'--- SKIP: '* ]]; then
			read -r _ _ word _ <<<"$line"
			say "SKIP $word: ${reason[$word]:=no reason given}"
			[[ ${reason[$word]} =~ $excused ]] || skipped=$((skipped + 1))
		elif [[ -n $name && $line =~ $indent ]]; then
			reason[$name]=${line#"${line%%[! ]*}"}
		fi
	done
}

go test -v "$@" 2>&1 | tee "$log" | digest
