"""Open data of the register: members with their codes, names and dated status."""

from rempart.formats.tables import Column, Kind, Table
from rempart.node.datasets import Dataset
from rempart.node.register import facts

_MEMBERS = (
    Column("number", Kind.INTEGER, "Place in the register; null for a state that never acceded.", is_nullable=True),
    Column("code", Kind.TEXT, "ISO 3166-1 alpha-2, XK for Kosovo."),
    Column("alpha3", Kind.TEXT, "ISO 3166-1 alpha-3, XKX for Kosovo."),
    Column("numeric", Kind.TEXT, "ISO 3166-1 numeric, three digits; null where there is none.", is_nullable=True),
    Column("name_en", Kind.TEXT, "Name in English."),
    Column("name_fr", Kind.TEXT, "Name in French."),
    Column("own_names", Kind.TEXTS, "Names in the state's official languages, each as language: name."),
    Column("status", Kind.TEXT, "founder, member, invited, left or none, on the day this was read."),
    Column("founded", Kind.DATE, "Day it founded the alliance.", is_nullable=True),
    Column("invited", Kind.DATE, "Day it was invited.", is_nullable=True),
    Column("acceded", Kind.DATE, "Day it acceded.", is_nullable=True),
    Column("left", Kind.DATE, "Day it left.", is_nullable=True),
)


def _members() -> Table:
    on = facts.today()
    rows = (
        (
            each.number,
            each.code,
            each.alpha3,
            each.numeric or None,
            each.name("en"),
            each.name("fr"),
            [f"{language}: {name}" for language, name in each.own_names],
            str(each.standing(on)),
            each.founded,
            each.invited,
            each.acceded,
            each.left,
        )
        for each in facts.members()
    )
    return Table(_MEMBERS, rows)


DATASETS = (
    Dataset(
        "members",
        "Members",
        "States that founded the alliance, joined it, were invited or left, each with its date.",
        _MEMBERS,
        _members,
    ),
)
