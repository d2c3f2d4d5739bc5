"""What pages say for the register's stored names."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rempart.core.register.members import Standing
from rempart.core.register.part import ContactRole, Status
from rempart.core.register.rounds import Answer, Subject
from rempart.core.register.targets import Goal, Target
from rempart.node.phrases import Text

TARGETS: Mapping[str, Text] = {
    Target.VICTIMS: _("Identify victims, help and protect them"),
    Target.OFFENDERS: _("Investigate, and bring offenders to court"),
    Target.AWARENESS: _("Make children, parents and teachers aware"),
    Target.AVAILABILITY: _("Make less available, and end the harm that is done again"),
}
GOALS: Mapping[str, Text] = {
    Goal.KNOWN_VICTIMS: _("At least 10 % more known victims each year"),
    Goal.LEGAL_FRAMEWORK: _("A legal framework for it"),
    Goal.OWN: _("A goal of its own"),
}
STATUSES: Mapping[str, Text] = {
    Status.PLANNED: _("Planned"),
    Status.UNDER_WAY: _("Under way"),
    Status.KEPT: _("Kept"),
    Status.PARTLY_KEPT: _("Partly kept"),
    Status.NOT_KEPT: _("Not kept"),
    Status.WITHDRAWN: pgettext_lazy("commitment", "Withdrawn"),
}
STATUS_STYLES: Mapping[str, str] = {
    Status.UNDER_WAY: "action",
    Status.KEPT: "done",
    Status.PARTLY_KEPT: "attention",
    Status.NOT_KEPT: "danger",
}
ROLES: Mapping[str, Text] = {
    ContactRole.POINT_OF_CONTACT: _("Point of contact"),
    ContactRole.AUTHORITY: _("National authority"),
    ContactRole.HOTLINE: _("Hotline"),
    ContactRole.LAW_ENFORCEMENT: _("Police"),
    ContactRole.VICTIM_SUPPORT: _("Help for victims"),
}
STANDINGS: Mapping[str, Text] = {
    Standing.FOUNDER: _("Founding member"),
    Standing.MEMBER: _("Member"),
    Standing.INVITED: _("Invited, not a member"),
    Standing.LEFT: _("Left"),
    Standing.NONE: _("Not a member"),
}
SUBJECTS: Mapping[str, Text] = {Subject.COMMITMENTS: _("Commitments"), Subject.PROGRESS: _("Progress")}
ANSWERS: Mapping[str, Text] = {
    Answer.PUBLISHED: _("Published"),
    Answer.LATE: _("Published late"),
    Answer.SUBMITTED: _("Submitted"),
    Answer.DRAFT: _("Draft"),
    Answer.AWAITED: _("Not due yet"),
    Answer.MISSING: _("Nothing published here"),
}
ANSWER_STYLES: Mapping[str, str] = {
    Answer.PUBLISHED: "done",
    Answer.LATE: "attention",
    Answer.SUBMITTED: "action",
    Answer.DRAFT: "action",
}
PUBLIC_ANSWERS: Mapping[str, Text] = {
    **ANSWERS,
    Answer.SUBMITTED: ANSWERS[Answer.AWAITED],
    Answer.DRAFT: ANSWERS[Answer.AWAITED],
}
"""Strangers learn what is published, not what is being written."""
SOURCES: Mapping[str, Text] = {
    "own": _("Published here"),
    "secretariat": _("Published by the secretariat"),
    "declared": _("Declared by the member"),
}
WHY_NOT: Mapping[str, Text] = {
    "foreign": _("This node edits the part of its own country. The member or the secretariat changes this one."),
    "declared": _("This member declares its own part. It counts for itself, and nobody else changes it."),
}
MEETINGS: Mapping[str, Text] = {
    "2012-launch": _("Launch of the alliance"),
    "2014-conference": _("Meeting of ministers"),
}
