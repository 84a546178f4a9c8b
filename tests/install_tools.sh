#!/bin/sh
# Install the programs that some tests need, where that is allowed; say plainly what is missing.
set -u
wanted=""
for pair in docker-registry:docker-registry skopeo:skopeo git:git buildah:buildah \
    mmdebstrap:mmdebstrap chromium:chromium zsh:zsh fish:fish; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || wanted="$wanted ${pair##*:}"
done
[ -n "$wanted" ] || exit 0
if command -v apt-get >/dev/null 2>&1; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  echo "installing$wanted"
  # shellcheck disable=SC2086
  { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
      $sudo apt-get install -y -qq --no-install-recommends $wanted; } >/dev/null 2>&1 ||
    echo "apt-get could not install them"
fi
for pair in docker-registry:"the tests against a real registry" skopeo:"the tests against a real registry" \
    git:"the tests on git repositories" buildah:"the tests that build images" \
    mmdebstrap:"the test that builds our own image" \
    chromium:"the tests of the page of a fleet" \
    zsh:"the tests of completion" fish:"the tests of completion"; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair%%:*} is missing: ${pair#*:} cannot run"
done
exit 0
