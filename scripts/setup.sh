#!/bin/sh
# A boot environment with uv, then every dependency by its hash, then this project in place.
# `setup.sh node` installs what running a node needs; `setup.sh dev` what testing and measuring need too.
set -eu
WANTED="${1:-dev}"
PYTHON="${PYTHON:-python3}"
# The machine's own certificates: behind an inspecting proxy no others are valid.
export UV_SYSTEM_CERTS=true
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: Python 3.11 or newer is needed; $PYTHON is $("$PYTHON" -V 2>&1). Set PYTHON=/path/to/python3." >&2
    exit 1
}
if [ ! -x .boot/bin/uv ]; then
    echo "Setting up (under a minute the first time) ..."
    "$PYTHON" -m venv .boot || {
        echo "setup: this Python cannot make environments. On Debian: apt install python3-venv." >&2
        exit 1
    }
    .boot/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/boot.txt
fi
[ -x .venv/bin/python ] || .boot/bin/uv venv --quiet --python "$PYTHON" .venv
if [ "$WANTED" = dev ]; then
    .boot/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
else
    .boot/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/node.txt
fi
# Built in an environment of its own: the build tool `ninja` and django-ninja are modules of the same name.
.boot/bin/uv pip install --quiet --python .venv/bin/python --no-deps --build-constraints requirements/build.txt --editable .
.venv/bin/python -c 'import rempart.signals._search, rempart.signals._hashing' 2>/dev/null || {
    echo "setup: the C++ core was not built (is a C++ compiler there? On Debian: apt install g++ python3-dev)." >&2
    echo "setup: everything works without it, but searching and hashing are much slower." >&2
}
