from outside_world import decided, world

__all__ = ["decided", "world"]
