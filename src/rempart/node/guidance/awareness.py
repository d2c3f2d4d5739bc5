"""Awareness material: pages to read together, to print and to hang up."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from rempart.node.guidance.written import HELP, REPORT, Part, Way, Written

PICTURE = Written(
    "picture",
    _("If someone asks you for a picture"),
    _("For children and teenagers, to read alone or together."),
    _("Some people online are not who they say they are. You can always say no."),
    (
        Part(
            _("Signs that something is wrong"),
            (
                _("They want you to keep a secret."),
                _("They want to move to another app, or to write at night."),
                _("They give you presents, money or points in a game, and want something for it."),
                _("They ask for a picture, or want your camera to be on."),
            ),
        ),
        Part(
            _("What you can answer"),
            (
                _("“No. I do not send pictures.”"),
                _("“I will tell an adult about this.”"),
                _("Or nothing at all: leave the chat and block the account."),
            ),
        ),
        Part(
            _("If you have already sent something"),
            (
                _("Send nothing more, and do not pay."),
                _("Tell an adult you trust, today if you can. You need not solve this alone."),
                _("Report it here. We work to have it removed."),
            ),
        ),
    ),
    (Way(_("Get help here"), "public:young"), HELP),
)
TALK = Written(
    "talk",
    _("How to talk with your child"),
    _("For parents and everyone who brings up children."),
    _("Many short talks help more than one long warning."),
    (
        Part(
            _("Begin early"),
            (
                _("Ask what your child likes online, and let them show you."),
                _("Say what is private: their body, their address, their pictures."),
                _("Say that nobody may ask them to keep a secret from you."),
            ),
        ),
        Part(
            _("Agree on rules together"),
            (
                _("Where phones and computers stay at night."),
                _("Who may write to them, and what they do when a stranger writes."),
                _("That they can tell you everything, and do not lose their phone for it."),
            ),
        ),
        Part(
            _("Notice changes"),
            (
                _("Presents, friends whom nobody knows, a hidden screen, bad sleep. No sign alone proves anything."),
                _("Ask kindly, and more than once."),
            ),
        ),
    ),
    (Way(_("What to do when something has happened"), "guidance:advice/parent"), HELP),
)
SCHOOL = Written(
    "school",
    _("What a school can do"),
    _("For heads of schools, teachers and social workers."),
    _("Rules that are clear before anything happens protect pupils and staff."),
    (
        Part(
            _("Before"),
            (
                _("Name one person in charge of child protection, and let every pupil know them."),
                _("Agree with the police and youth services whom to call."),
                _("Teach it every year and at every age: private pictures, saying no, where to get help."),
                _("Put up the numbers of help lines where pupils can read them alone."),
            ),
        ),
        Part(
            _("When something has happened"),
            (
                _("Protect the pupil first."),
                _("Nobody collects or sends on pictures, not even as proof."),
                _("Tell the parents together with the pupil, unless that puts the pupil in danger."),
            ),
        ),
        Part(
            _("Afterwards"),
            (
                _("Ask after a week and after a month how the pupil is."),
                _("Write down what worked, and change what did not."),
            ),
        ),
    ),
    (Way(_("What to do when something has happened"), "guidance:advice/teacher"), REPORT),
)

AWARENESS: Mapping[str, Written] = MappingProxyType({page.key: page for page in (PICTURE, TALK, SCHOOL)})
