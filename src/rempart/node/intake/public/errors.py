"""What the rules in `core` say of a wrong address or name, in the visitor's language.

`core` knows no languages; its sentences are the message ids. A test drives every refusal and looks for its translation.
"""

from django.utils.translation import gettext, gettext_noop

from rempart.core.errors import RempartError
from rempart.node import tongues

_SENTENCES = (
    gettext_noop("this is not an address a browser could open."),
    gettext_noop("Copy it again from the address bar."),
    gettext_noop("the address is empty."),
    gettext_noop("Paste one address per line."),
    gettext_noop("an address has no spaces or control characters inside."),
    gettext_noop("Put one address on each line, and write anything else into the message field."),
    gettext_noop("this looks like an e-mail address or an account, not a web address."),
    gettext_noop("Report it as an account, and name the service."),
    gettext_noop("the name of the site is not valid."),
    gettext_noop("Copy the address again from the address bar."),
    gettext_noop("this is a version 2 onion address; that network was switched off in 2021."),
    gettext_noop("Look for the new address of the site, 56 letters and digits before .onion."),
    gettext_noop("this onion address is mistyped or incomplete."),
    gettext_noop("It needs exactly 56 letters and digits before .onion; copy it whole."),
    gettext_noop("only web and file addresses (http, https, ftp) can be read here."),
    gettext_noop("Paste the address of the page itself, or report an account, a channel or a text instead."),
    gettext_noop("this does not name a site."),
    gettext_noop("An address looks like https://site.example/page."),
    gettext_noop("the address is longer than 8192 characters."),
    gettext_noop("Cut it after the part that still opens the page."),
    gettext_noop("the service is missing or is not a plain name."),
    gettext_noop("Write the name of the app or site only, for example 'Example Chat'."),
    gettext_noop("the name is missing."),
    gettext_noop("Write the name as the service shows it."),
    gettext_noop("the name is longer than 256 characters."),
    gettext_noop("Write the name only."),
    gettext_noop("this is not a whole receipt number."),
    gettext_noop("It has 16 letters and digits in four groups; copy all four."),
)


def sentence(error: RempartError) -> str:
    """What was wrong and what to do, as one text that starts with a capital."""
    what = gettext(error.what)
    return f"{tongues.capital(what)} {gettext(error.advice)}".strip()
