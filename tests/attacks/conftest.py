"""The cast and the tools of the other tests, for attacks on the whole."""

from adapters.conftest import closed_port, self_signed, serve  # noqa: F401
from node.conftest import _read_anew, clock, django_db_modify_db_settings, drain, people  # noqa: F401
from node.intake.conftest import add_client, make_xml, other_client, platform_client  # noqa: F401
