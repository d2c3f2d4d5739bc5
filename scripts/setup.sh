#!/bin/sh
# A boot environment with uv, then every dependency by its hash, then this project in place.
set -eu
PYTHON="${PYTHON:-python3}"
# The machine's own certificates: behind an inspecting proxy no others are valid.
export UV_SYSTEM_CERTS=true
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: Python 3.11 or newer is needed; $PYTHON is $("$PYTHON" -V 2>&1). Set PYTHON=/path/to/python3." >&2
    exit 1
}
if [ ! -x .boot/bin/uv ]; then
    echo "Setting up (about 15 seconds the first time) ..."
    "$PYTHON" -m venv .boot || {
        echo "setup: this Python cannot make environments. On Debian: apt install python3-venv." >&2
        exit 1
    }
    .boot/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/boot.txt
fi
[ -x .venv/bin/python ] || .boot/bin/uv venv --quiet --python "$PYTHON" .venv
.boot/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
.boot/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
