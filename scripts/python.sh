#!/usr/bin/env bash
# Checks and tests the client in Python: that it compiles, its types (mypy), its tests.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "$0")/env.sh"

bash scripts/deps.sh test
trap hand_back EXIT
export PYTHONDONTWRITEBYTECODE=1
cd api/python
say "compileall"
PYTHONDONTWRITEBYTECODE='' PYTHONPYCACHEPREFIX=$WORK/pycache /usr/bin/python3 -W error -m compileall -q -f cmdclient tests examples
say "mypy"
mypy --cache-dir="$WORK/mypy" --python-executable=/usr/bin/python3 -p cmdclient -p tests
mypy --cache-dir="$WORK/mypy" --python-executable=/usr/bin/python3 examples/*.py
if [[ $(uname -m) != x86_64 ]]; then
	say "tests: left out, the client works on x86-64 only"
	exit 0
fi
say "tests"
/usr/bin/python3 -W error -m unittest discover --start-directory . --top-level-directory .
