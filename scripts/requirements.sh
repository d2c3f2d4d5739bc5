#!/bin/sh
# Resolve the dependencies for every supported Python and platform, each file by its hash.
set -eu
common="--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade"
# shellcheck disable=SC2086
.boot/bin/uv pip compile $common --extra node --extra video --extra matcher --extra demo --extra bucket pyproject.toml -o requirements/node.txt
# shellcheck disable=SC2086
.boot/bin/uv pip compile $common --all-extras -c requirements/node.txt pyproject.toml -o requirements/dev.txt
printf 'cmake\nnanobind\nninja\nscikit-build-core\n' | .boot/bin/uv pip compile $common - -o requirements/build.txt
printf 'uv\n' | .boot/bin/uv pip compile $common - -o requirements/boot.txt
