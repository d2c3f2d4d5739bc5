"""One tree of errors. Only the edges turn them into HTTP answers or exit codes."""


class RempartError(Exception):
    """Root of every error this project raises on purpose.

    `what` says what was wrong, `where` in which field, line or file, `advice` what to do next.
    None of the three may hold a fingerprint or anything that identifies a reporter, victim or suspect.
    """

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.advice}" if self.advice else text


class InputError(RempartError):
    """What came in cannot be understood or accepted."""


class NotFound(RempartError):
    """The thing named does not exist, or this caller may not know of it."""


class Conflict(RempartError):
    """The thing changed meanwhile, or its state does not allow the step."""


class NotPermitted(RempartError):
    """The caller's role does not allow the act."""


class LimitExceeded(InputError):
    """An input is larger, deeper or slower than the configured limit."""


class TooManyCalls(RempartError):
    """The caller is right but too fast; `seconds` until the same call may be sent again."""

    def __init__(self, what: str, *, where: str = "", advice: str = "", seconds: int = 1) -> None:
        super().__init__(what, where=where, advice=advice)
        self.seconds = seconds


class IntegrityError(RempartError):
    """Stored data does not verify: a file, a chain or a signature was altered or cut off."""


class UnsafeStart(RempartError):
    """The configuration would run the node in an unsafe way, so it does not start."""


class OutsideFailure(RempartError):
    """A system outside the node (resolver, mail relay, registry, host) failed; the step is tried again."""


class Rejected(OutsideFailure):
    """A system outside the node refused for good; trying the same again is of no use."""
