"""Make the node's database and settings usable by a command."""

import os

from rempart.adapters.home import Home
from rempart.core.errors import UnsafeStart


def setup(*, acts_outside: bool = False) -> None:
    """Configure Django for this process; raises UnsafeStart with what to do if the node is not set up.

    A process that acts outside the node takes the mode it is given, production where none is. Other commands only
    work on the data folder, so production's settings are not asked of them.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rempart.node.settings")
    os.environ.setdefault("REMPART_MODE", "production" if acts_outside else "dev")
    home = Home.from_environment()
    if not home.path.exists():
        raise UnsafeStart(
            f"there is no node in {home.path}.",
            where="REMPART_HOME",
            advice="Run `rempart init` (or `make run`) first, or point REMPART_HOME to the node's folder.",
        )
    try:
        import django
    except ModuleNotFoundError as missing:
        raise UnsafeStart(
            "this installation holds the library only.", advice="Install the node with `pip install rempart[node]`."
        ) from missing
    django.setup()
