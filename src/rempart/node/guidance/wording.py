"""What help lines are called, and what is said beside those that many countries share."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from rempart.node.guidance.written import Text

KINDS: Mapping[str, Text] = {
    "emergency": _("Emergency"),
    "child": _("Help line for children"),
    "missing": _("Missing children"),
    "victim": _("Victim support"),
}
NOTES: Mapping[str, Text] = {
    "": "",
    "eu_emergency": _("Free of charge in every country of the European Union, from every telephone."),
    "eu_missing": _("The same number in the whole European Union."),
    "eu_child": _(
        "Reserved for this purpose in the whole European Union. It works in most of its countries, but not in all."
    ),
    "also_112": _("112 works too."),
}
