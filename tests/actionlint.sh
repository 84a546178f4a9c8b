#!/bin/sh
# Run actionlint over workflows, with shellcheck for their scripts. It is a Go program: the one on
# the PATH, or this version built from the module proxy where there is Go; without either it is
# passed over, but not in CI.
set -eu
bin=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin
version=v1.7.12
if ! program=$(command -v actionlint); then
  program=$bin/actionlint
  if [ ! -x "$program" ] && command -v go >/dev/null; then
    GOBIN=$bin go install "github.com/rhysd/actionlint/cmd/actionlint@$version" >/dev/null 2>&1 ||
      true
  fi
fi
if [ -x "$program" ]; then
  exec "$program" -shellcheck="$bin/shellcheck" "$@"
fi
echo "actionlint is not there, and workflows were not checked with it" >&2
[ -z "${CI:-}" ]
