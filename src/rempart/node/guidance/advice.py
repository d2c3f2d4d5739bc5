"""What to do: one page for each kind of visitor, short and plain."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from rempart.node.guidance.written import HELP, REPORT, Part, Way, Written

FIRST = _("Do this first")

CHILD = Written(
    "child",
    _("I am a child or teenager"),
    _("Somebody online asks, pushes or threatens you."),
    _("Something online frightens you or feels wrong? It is right to look for help."),
    (
        Part(
            FIRST,
            (
                _("Stop answering. You owe this person nothing, whatever they say."),
                _("Do not send a picture and do not pay. Threats seldom stop after that."),
                _("Tell an adult you trust: a parent, a teacher, a doctor or a help line."),
                _("Keep the messages and the name of the account. Then block the account."),
            ),
        ),
        Part(
            _("Good to know"),
            (
                _("It is not your fault, even if you sent something or did not say no."),
                _("You can report without saying who you are."),
                _("You can stop at any time. What you have not sent stays with you."),
            ),
        ),
    ),
    (Way(_("Get help here"), "public:young"), HELP),
)
PARENT = Written(
    "parent",
    _("For parents"),
    _("Your child told you something, or you noticed a change."),
    _("Stay calm. Your first reaction decides whether your child goes on talking."),
    (
        Part(
            FIRST,
            (
                _("Listen, and thank your child for telling you. Do not blame, and do not take the phone away."),
                _("Do not write to the other person, and do not pretend to be your child."),
                _("Note names of accounts, addresses and times. Do not copy or send on pictures: it can be a crime."),
                _("Report it here and to the police. In danger, call the emergency number first."),
            ),
        ),
        Part(
            _("Afterwards"),
            (
                _("Ask the service to remove the pictures and to close the account."),
                _("Ask for support: a help line, a doctor or victim support. It is there for parents too."),
                _("Give your child time, and say that the offer to talk stays open."),
            ),
        ),
    ),
    (REPORT, HELP),
)
TEACHER = Written(
    "teacher",
    _("For teachers and schools"),
    _("A pupil confides in you, or pictures are passed on at school."),
    _("You need not investigate. Your task is to protect the pupil and to tell those who can act."),
    (
        Part(
            FIRST,
            (
                _("Listen and take it seriously. Promise only what you can keep, and say whom you must tell."),
                _("Do not look at pictures, do not copy them, and do not let anyone send them to you."),
                _("Tell the person in charge of child protection at your school, and the police where the law asks."),
                _("Write down what you were told, in the words of the pupil, with the date and the time."),
            ),
        ),
        Part(
            _("In the class"),
            (
                _("Ask everyone to pass nothing on: each copy adds to the harm."),
                _("Protect the pupil from questions and comments."),
                _("Speak about the subject in general, never about the case."),
            ),
        ),
    ),
    (REPORT, HELP),
)
VICTIM = Written(
    "victim",
    _("It is about me"),
    _("Pictures or videos of you were made or passed on."),
    _("It was not your fault, however long ago it was. You decide what happens next and when."),
    (
        Part(
            _("What you can do"),
            (
                _("Report where the pictures are. We ask the host to remove them and check until they are gone."),
                _("Report it again if they come back. What is known is recognised without anybody having to look."),
                _("Go to the police when you are ready. You may take someone you trust with you."),
                _("Ask for support: victim support, a help line, a doctor or a lawyer."),
            ),
        ),
        Part(
            _("What you need not do"),
            (
                _("You need not give your name to report."),
                _("You need not tell everything, and not everything at once."),
                _("You need not look for the pictures yourself."),
            ),
        ),
    ),
    (Way(_("Tell us about it"), "public:me"), HELP),
)
PLATFORM = Written(
    "platform",
    _("For online services"),
    _("Your users share pictures, videos or messages."),
    _("These steps protect your users and your staff."),
    (
        Part(
            _("What to put in place"),
            (
                _("A report button at each picture, video, message and account, in words that children understand."),
                _("Comparison of uploads with the lists of known content."),
                _("A person with a name who answers us and the police, at any hour."),
                _("A rule that nobody looks at more than is needed, and support for those who must look."),
            ),
        ),
        Part(
            _("When you find something"),
            (
                _("Take it out of view, keep what the law asks you to keep, and report it."),
                _("Say of each file whether a person looked at it, and whether the public could see it."),
                _("Read our answer: it says what was missing and what became of the report."),
            ),
        ),
    ),
    (Way(_("How services report to us"), "public:services"),),
)
HOST = Written(
    "host",
    _("For hosts"),
    _("You store what others publish, and received a notice or want to be ready."),
    _("Content that is gone within hours is found by fewer people and copied less often."),
    (
        Part(
            _("When a notice arrives"),
            (
                _("Remove first, then ask your customer. Do not wait for an answer."),
                _("Open the address no more often than needed, and do not send it on."),
                _("Keep what the law asks you to keep, apart from everything else."),
                _("You need not write back: we check the address until it no longer answers."),
            ),
        ),
        Part(
            _("To be ready"),
            (
                _("Publish an address for such notices, and read it every day."),
                _("Write into your contracts that such content ends them."),
                _("Note for each notice when it arrived and when the content was gone."),
            ),
        ),
    ),
    (Way(_("How services report to us"), "public:services"),),
)

ADVICE: Mapping[str, Written] = MappingProxyType(
    {page.key: page for page in (CHILD, VICTIM, PARENT, TEACHER, PLATFORM, HOST)}
)
