"""What each made-up host does when it is told, over real HTTP and real mail."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from rempart.adapters.mail import Mailer
from rempart.core.errors import OutsideFailure, Rejected
from rempart.core.vocabulary import DetectionMethod, Legality
from rempart.demo.mail_sink import MailSink, read_notice
from rempart.demo.pretend_host import PretendHost, Shelf
from rempart.demo.world import AGAIN, MEMBER, PROMPT, SITES, SLOW, STUBBORN, Site
from rempart.formats.arf_mail import build_mail
from rempart.formats.xarf_notice import NoticeFacts, Sender, build_xarf

PURPOSES = ("first", "reminder", "escalation")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(SITES)


@pytest.mark.parametrize(
    ("site", "removing"), [(PROMPT, 1), (SLOW, 2), (STUBBORN, 3), (MEMBER, None)], ids=lambda value: str(value)[:30]
)
def test_when_a_host_removes(shelf: Shelf, site: Site, removing: int | None) -> None:
    url = site.url("page/1")
    there = [shelf.look(url)]
    for purpose in PURPOSES:
        shelf.tell(url, purpose)
        there.append(shelf.look(url))
    assert there == [removing is None or number < removing for number in range(4)]


def test_only_the_page_named_is_removed(shelf: Shelf) -> None:
    shelf.tell(PROMPT.url("page/1"), "first")
    assert not shelf.look(PROMPT.url("page/1"))
    assert shelf.look(PROMPT.url("page/2"))


def test_a_page_comes_back_once_after_its_removal_was_confirmed(shelf: Shelf) -> None:
    url = AGAIN.url("page/1")
    shelf.tell(url, "first")
    assert [shelf.look(url) for _ in range(4)] == [False, False, True, True]
    shelf.tell(url, "reappeared")
    assert not any(shelf.look(url) for _ in range(6))


def test_a_notice_about_a_stranger_changes_nothing(shelf: Shelf) -> None:
    shelf.tell("http://stranger.example/page", "first")
    assert not shelf.knows("stranger.example")


@pytest.fixture
def host(shelf: Shelf) -> Iterator[PretendHost]:
    with closing(PretendHost(shelf)) as running:
        yield running


def ask(host: PretendHost, site: str, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{host.port}/{path}", headers={"Host": site}, trust_env=False)


def test_pages_and_pictures_are_served_until_removed(host: PretendHost, shelf: Shelf) -> None:
    assert ask(host, PROMPT.name, "album/1").headers["content-type"] == "text/html"
    picture = ask(host, PROMPT.name, "album-1.png")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.content == ask(host, PROMPT.name, "album-1.png").content
    shelf.tell(PROMPT.url("album/1"), "first")
    assert ask(host, PROMPT.name, "album/1").status_code == 404
    assert ask(host, "stranger.example", "album/1").status_code == 404


def test_a_page_does_not_repeat_markup_of_its_address(host: PretendHost) -> None:
    assert "<script" not in ask(host, PROMPT.name, "<script>alert(1)</script>").text


def notice(url: str, purpose: str) -> bytes:
    xarf = build_xarf(
        NoticeFacts(
            report_id="00000000-0000-4000-8000-000000000001",
            timestamp=datetime(2026, 3, 2, tzinfo=UTC),
            sender=Sender("Hotline", "notices@hotline.example", "hotline.example"),
            url=url,
            host=PROMPT.name,
            source_identifier=PROMPT.address,
            legality=Legality.NATIONAL,
            detection_method=DetectionMethod.MANUAL_REVIEW,
            assessed_in="FR",
            tags=(f"notice:{purpose}",),
        )
    )
    return build_mail(
        xarf,
        sender="notices@hotline.example",
        recipient="abuse@prompt-host.example",
        subject="Notice",
        human_text="Please remove it.",
        message_id="<one@hotline.example>",
        date=datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_a_notice_is_read_as_a_host_reads_it() -> None:
    assert read_notice(notice(PROMPT.url("page/1"), "reminder")) == (PROMPT.url("page/1"), "reminder")


def test_mail_is_kept_and_handed_on(tmp_path: Path, shelf: Shelf) -> None:
    url = PROMPT.url("page/1")
    message = notice(url, "first")
    with closing(MailSink(tmp_path / "mail", shelf.tell)) as sink:
        mailer = Mailer("127.0.0.1", sink.port, starttls=False)
        reply = mailer.send(message, "notices@hotline.example", "abuse@prompt-host.example")
        port = sink.port
    assert reply.startswith("250")
    assert (tmp_path / "mail" / "001-first.eml").read_bytes() == message
    assert not shelf.look(url)
    with pytest.raises(OutsideFailure):
        Mailer("127.0.0.1", port, starttls=False, timeout=2).send(message, "a@hotline.example", "b@host.example")


def test_mail_that_is_no_notice_is_refused(tmp_path: Path, shelf: Shelf) -> None:
    with closing(MailSink(tmp_path / "mail", shelf.tell)) as sink, pytest.raises((Rejected, OutsideFailure)):
        Mailer("127.0.0.1", sink.port, starttls=False).send(
            b"Subject: hello\r\n\r\nhello\r\n", "a@hotline.example", "b@host.example"
        )
    assert not list((tmp_path / "mail").iterdir())
