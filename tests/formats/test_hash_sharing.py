"""Hash Sharing v2: what is written is read back, by this reader and by the stock one; anything else is refused."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_sharing import reader, writer
from rempart.formats.hash_sharing.model import (
    NAMESPACE,
    Feedback,
    FeedbackType,
    Member,
    Opinion,
    Page,
    Reason,
    Status,
    Submission,
    Update,
    read_time,
    write_time,
)

SECRET = "0123456789abcdef0123456789abcdef"
PLAIN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=30)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
MEMBERS = st.builds(Member, st.integers(0, 2**63 - 1), PLAIN)
REASONS = st.builds(Reason, guid=st.uuids().map(str), name=PLAIN, kind=st.sampled_from(FeedbackType).map(str))
FEEDBACK = st.builds(
    Feedback,
    kind=PLAIN,
    is_affirmative=st.booleans(),
    at=st.none() | MOMENTS,
    opinions=st.lists(st.builds(Opinion, MEMBERS, st.none() | MOMENTS), max_size=3).map(tuple),
    reasons=st.lists(REASONS, max_size=2).map(tuple),
)


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=length, max_size=length).filter(lambda text: text.strip("0"))


HASHES = st.fixed_dictionaries(
    {},
    optional={
        FingerprintType.MD5: hexadecimal(32),
        FingerprintType.SHA1: hexadecimal(40),
        FingerprintType.PDQ: hexadecimal(64),
        FingerprintType.PHOTODNA: st.just("AAEC" * 48) | st.just(",".join(["7"] * 144)),
    },
)
ENTRY_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,40}", fullmatch=True)
STANDING = st.builds(
    Update,
    MEMBERS,
    ENTRY_IDS,
    MOMENTS,
    is_video=st.booleans(),
    classification=st.none() | st.sampled_from(["A1", "A2", "B1", "B2"]),
    hashes=HASHES,
    feedback=st.lists(FEEDBACK, max_size=2).map(tuple),
)
DELETED = st.builds(Update, MEMBERS, ENTRY_IDS, MOMENTS, is_video=st.booleans(), is_deleted=st.just(True))
NEXT = st.none() | st.just(
    "/v2/entries?from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z&start=1001&size=1000&max=2500"
)


@given(st.lists(STANDING | DELETED, max_size=6), NEXT)
@settings(max_examples=60)
def test_a_page_reads_back_as_it_was_written(updates: list[Update], following: str | None) -> None:
    page = reader.read_page(writer.write_page(Page(tuple(updates), following)))
    assert page.rejected == ()
    assert page.next == following
    # Images come before videos; within each the order stays.
    assert page.updates == tuple(sorted(updates, key=lambda update: update.is_video))


@given(st.lists(REASONS, max_size=5, unique_by=lambda reason: reason.guid))
def test_reasons_read_back_also_nested_as_the_stock_client_wants_them(reasons: list[Reason]) -> None:
    body = writer.write_reasons(reasons)
    assert reader.read_reasons(body) == tuple(reasons)
    [nested] = ET.fromstring(body).findall(f"{{{NAMESPACE}}}availableFeedbackReasons")
    assert [element.get("guid") for element in nested] == [reason.guid for reason in reasons]


@given(st.booleans(), st.lists(st.uuids().map(str), unique=True, max_size=5))
def test_feedback_reads_back(is_affirmative: bool, guids: list[str]) -> None:
    submission = Submission(is_affirmative, () if is_affirmative else tuple(guids))
    assert reader.read_submission(writer.write_submission(submission)) == submission


@given(PLAIN, MEMBERS, st.lists(MEMBERS, max_size=4))
def test_status_and_members_read_back(name: str, member: Member, members: list[Member]) -> None:
    status = Status("192.0.2.7", name, member)
    assert reader.read_status(writer.write_status(status)) == status
    assert reader.read_members(writer.write_members(members)) == tuple(members)


@given(MOMENTS)
def test_a_time_reads_back(moment: datetime) -> None:
    assert read_time(write_time(moment)) == moment
    assert len(write_time(moment)) == len("2024-01-01T00:00:00Z")


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    assert write_time(datetime.fromisoformat("2024-01-01T02:00:00.9+02:00")) == "2024-01-01T00:00:00Z"
    assert (
        read_time("2024-01-01T02:00:00+02:00") == read_time("2024-01-01T00:00:00") == datetime(2024, 1, 1, tzinfo=UTC)
    )


READERS = (
    reader.read_page,
    reader.read_status,
    reader.read_members,
    reader.read_reasons,
    reader.read_submission,
)


@given(st.binary(max_size=300))
def test_random_bytes_raise_only_input_errors(body: bytes) -> None:
    for read in READERS:
        with pytest.raises(InputError):
            read(body)


NAMES = st.sampled_from(
    ["queryResult", "images", "videos", "image", "video", "deletedImage", "member", "id", "timestamp", "fingerprints",
     "md5", "pdq", "pdna", "feedback", "affirmativeFeedback", "negativeFeedback", "members", "reasons", "reason",
     "paging", "next", "feedbackSubmission", "affirmative", "negative", "reasonIds", "guid", "status", "unknown"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["", SECRET, "e1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-01-01T00:00:00Z", "１２",
     "x" * 300, "/v2/entries?x", "https://elsewhere.example/", "&#x1F600;"]
)  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(NAMES)
    inside = "".join(draw(st.lists(trees(depth=depth - 1), max_size=4))) if depth else ""
    attribute = draw(st.sampled_from(["", ' id="7"', ' id="-1"', ' timestamp="x"', ' guid="g"', ' type="Md5"']))
    return f"<{name}{attribute}>{draw(TEXTS)}{inside}</{name}>"


def told(read: Callable[[bytes], object], body: bytes) -> str:
    try:
        return repr(getattr(read(body), "rejected", ()))
    except InputError as error:
        return str(error)


@given(trees())
@settings(max_examples=100)
def test_any_tree_is_read_or_refused_without_repeating_it(tree: str) -> None:
    bodies = (
        tree,
        f"<queryResult><images>{tree}</images></queryResult>",
        f"<feedbackSubmission>{tree}</feedbackSubmission>",
    )
    for body in bodies:
        for read in READERS:
            assert SECRET not in told(read, body.encode())


ENTRY = """<queryResult xmlns="{namespace}"><images count="1" maxTimestamp="2024-01-01T00:00:00Z">
 <image><member id="42">Hotline</member><timestamp>2024-01-01T00:00:00Z</timestamp><id>e1</id>
 <fingerprints>{values}</fingerprints></image></images></queryResult>"""


def page_of(values: str) -> Page:
    return reader.read_page(ENTRY.format(namespace=NAMESPACE, values=values).encode())


def test_an_unusable_value_is_told_and_the_entry_keeps_the_others() -> None:
    page = page_of(f"<md5>{SECRET}</md5><sha1>{SECRET}</sha1><netclean>{SECRET}</netclean><pdq/>")
    assert page.updates[0].hashes == {FingerprintType.MD5: SECRET}
    [row] = page.rejected
    assert row.line == 1
    assert SECRET not in row.reason


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE q [<!ENTITY a "b">]><queryResult/>',
        "<queryResult>" + "<images>" * 70 + "</images>" * 70 + "</queryResult>",
        "<queryResult><paging><next>https://elsewhere.example/v2</next></paging></queryResult>",
        "<queryResult><paging><next>/v2/\u00e9</next></paging></queryResult>",
        "<html/>",
    ],
)
def test_what_is_no_page_is_refused(hostile: str) -> None:
    with pytest.raises(InputError):
        reader.read_page(hostile.encode())


@pytest.mark.parametrize(
    "inside",
    ["", "<affirmative/><negative/>", "<affirmative><reasonIds><guid>g</guid></reasonIds></affirmative>"],
)
def test_feedback_of_no_meaning_is_refused(inside: str) -> None:
    with pytest.raises(InputError):
        reader.read_submission(f"<feedbackSubmission>{inside}</feedbackSubmission>".encode())


def test_no_repr_shows_a_fingerprint() -> None:
    assert SECRET not in repr(page_of(f"<md5>{SECRET}</md5>"))


def test_the_stock_client_reads_what_is_written() -> None:
    hash_api = pytest.importorskip("threatexchange.exchanges.clients.ncmec.hash_api")
    member, at = Member(42, "Hotline"), datetime(2024, 1, 2, tzinfo=UTC)
    said = Feedback("Md5", True, at, (Opinion(Member(7, "Chat"), at),))
    page = Page(
        (
            Update(member, "e1", at, classification="A1", hashes={FingerprintType.MD5: SECRET}, feedback=(said,)),
            Update(member, "e2", at, is_deleted=True),
            Update(member, "e3", at, is_video=True, is_deleted=True),
        ),
        "/v2/entries?from=x&start=1001&size=1000&max=2500",
    )
    root = ET.fromstring(writer.write_page(page))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    read = hash_api.GetEntriesResponse.from_xml(hash_api._XMLWrapper(root), 0)
    assert [(entry.id, entry.member_id, entry.deleted) for entry in read.updates] == [
        ("e1", 42, False),
        ("e2", 42, True),
        ("e3", 42, True),
    ]
    assert read.updates[0].fingerprints == {"md5": SECRET}
    assert read.updates[0].feedback["Md5"][0].member.esp_name == "Chat"
    assert read.max_timestamp == int(at.timestamp())
    assert (read.get_next_info().start, read.get_next_info().max) == (1001, 2500)
