#!/bin/sh
# What `make demo` shows: a project is pinned, verified, and a changed digest is found.
# PINNER names the program; everything happens in a copy of examples/shop.
set -eu
exec 2>&1
pinner=${PINNER:-pinner}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PINNER_CACHE_DIR="$work/cache"
export PINNER_CACHE_DIR
cp -r "$here/shop" "$work/shop"
cd "$work/shop"

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
step() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; }

echo "A project with a file of every format that pinner reads."
step pinner list
"$pinner" list

step pinner lock --diff
"$pinner" lock --diff

step pinner lock
"$pinner" lock

step cat pinner.lock
cat pinner.lock

step pinner verify
"$pinner" verify

echo
echo "Somebody changes a digest in compose.yaml by hand:"
sed 's/redis:7@sha256:....../redis:7@sha256:000000/' compose.yaml >changed
mv changed compose.yaml
step pinner verify
code=0
"$pinner" verify || code=$?
echo "exit code $code"
[ "$code" = 1 ]
