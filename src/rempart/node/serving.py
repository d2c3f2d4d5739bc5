"""Which process may serve what; asked before anything else of the node is read."""

from rempart.core.errors import UnsafeStart


def check_served(mode: str, surface: str) -> None:
    """Raise UnsafeStart for a web process that would serve every surface, with every secret, to others."""
    if mode == "production" and surface == "all":
        raise UnsafeStart(
            "one process would serve the public, staff and machines together, and hold every secret.",
            where="REMPART_SURFACE",
            advice="Start a process for each: public, staff, machine.",
        )
