"""Made-up parts of the register, as strategies and as one example."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from rempart.core.register.part import Commitment, Contact, ContactRole, Evidence, Part, Status
from rempart.core.register.targets import Goal, Target

_LETTERS = st.characters(min_codepoint=32, exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zs", "Zl", "Zp"])
_WORD = st.text(_LETTERS, min_size=1, max_size=12)
lines = st.lists(_WORD, min_size=1, max_size=4).map(" ".join)
texts = st.lists(st.lists(_WORD, max_size=3).map(" ".join), min_size=1, max_size=3).map("\n".join).map(str.strip)
days = st.dates(date(2012, 12, 5), date(2040, 1, 1))
urls = st.sampled_from(["https://hotline.example", "https://ministry.example/report/2014?page=2"])
maybe_urls = st.just("") | urls
evidence = st.builds(Evidence, days, texts.filter(bool), maybe_urls)
contacts = st.builds(
    Contact,
    st.sampled_from(ContactRole),
    lines,
    urls,
    st.sampled_from(["", "contact@hotline.example"]),
    st.sampled_from(["", "+33 1 99 00 00 00"]),
    urls,
    days,
)


@st.composite
def commitments(draw: st.DrawFn, number: int = 1) -> Commitment:
    target = draw(st.sampled_from(Target))
    goal = draw(st.sampled_from([goal for goal in Goal if goal.target in (None, target)]))
    frame = sorted([draw(days), draw(days)])
    status = draw(st.sampled_from(Status))
    found = draw(st.lists(evidence, min_size=int(status.needs_evidence), max_size=2))
    return Commitment(
        number,
        target,
        goal,
        draw(lines),
        draw(texts),
        draw(texts.filter(bool)),
        draw(st.none() | st.just(frame[0])),
        draw(st.none() | st.just(frame[1])),
        status,
        draw(days),
        tuple(found),
    )


@st.composite
def parts(draw: st.DrawFn, country: str = "FR") -> Part:
    numbers = sorted(draw(st.sets(st.integers(1, 9999), max_size=3)))
    return Part(
        country,
        draw(st.sampled_from(["en", "fr", "cnr"])),
        draw(st.sampled_from(["", "2013-commitments", "2014-progress", "2026-progress"])),
        tuple(draw(st.lists(contacts, max_size=2))),
        tuple(draw(commitments(number)) for number in numbers),
    )


def commitment(number: int = 1, **changes: Any) -> Commitment:
    values: dict[str, Any] = {
        "number": number,
        "target": Target.AVAILABILITY,
        "goal": Goal.OWN,
        "title": f"Shorten the time to removal {number}",
        "baseline": "Hosts are told by e-mail, once.",
        "planned": "Hosts are told again until it is gone.",
        "starts": date(2026, 1, 1),
        "ends": date(2026, 12, 31),
        "status": Status.UNDER_WAY,
        "status_on": date(2026, 3, 1),
        "evidence": (),
    }
    return Commitment(**(values | changes))


def contact(role: ContactRole = ContactRole.HOTLINE, **changes: Any) -> Contact:
    values: dict[str, Any] = {
        "role": role,
        "name": "Hotline of Ruritania",
        "url": "https://hotline.example/report",
        "email": "",
        "phone": "",
        "source": "https://hotline.example/about",
        "checked_on": date(2026, 2, 1),
    }
    return Contact(**(values | changes))
