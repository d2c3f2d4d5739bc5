"""What the count reads of an event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Fact(Protocol):
    """An event of the chain: `action` is "source:matter", `subject` "kind:ID", `data` holds neutral facts."""

    @property
    def seq(self) -> int: ...

    @property
    def at(self) -> datetime: ...

    @property
    def actor(self) -> str: ...

    @property
    def action(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def data(self) -> Mapping[str, Any]: ...
