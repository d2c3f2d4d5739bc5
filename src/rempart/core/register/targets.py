"""The four targets of the 2012 declaration and the two operational goals it names; both paraphrased elsewhere."""

from enum import StrEnum


class Target(StrEnum):
    """What the alliance set itself."""

    VICTIMS = "T1"
    OFFENDERS = "T2"
    AWARENESS = "T3"
    AVAILABILITY = "T4"


class Goal(StrEnum):
    """Operational goals; a commitment that serves none of them has a goal of its own in words."""

    KNOWN_VICTIMS = "G1.1"
    LEGAL_FRAMEWORK = "G2.1"
    OWN = ""

    @property
    def target(self) -> Target | None:
        return {Goal.KNOWN_VICTIMS: Target.VICTIMS, Goal.LEGAL_FRAMEWORK: Target.OFFENDERS}.get(self)
