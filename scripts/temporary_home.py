"""Make a throw-away data folder for tools that import the settings, and print its path."""

import tempfile
from pathlib import Path

from rempart.adapters.home import Home

path = Path(tempfile.mkdtemp(prefix="rempart-tools-"))
Home(path).create()
print(path)
