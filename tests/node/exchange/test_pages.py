"""The pages on signals, the public page and the files of the log."""

import base64
import re

import pytest
from django.test import Client
from node.exchange.conftest import HARMLESS, NATIONAL

from rempart.core.clients import Scope
from rempart.core.vocabulary import FingerprintType
from rempart.node.casework.models import Fingerprint
from rempart.node.exchange import canaries
from rempart.node.exchange.models import Word
from rempart.node.intake.platforms import add_platform


@pytest.fixture
def signed(file, decide, sign) -> int:
    content = file()
    decide(content, NATIONAL)
    sign()
    return content


def values(content_id: int) -> list[bytes]:
    return [bytes(value) for value in Fingerprint.objects.filter(content=content_id).values_list("value", flat=True)]


def shows_no_fingerprint(html: str) -> bool:
    found = [value.hex() for value in values_of_all()] + [base64.b64encode(value).decode() for value in values_of_all()]
    return not [text for text in found if text in html]


def values_of_all() -> list[bytes]:
    return [bytes(value) for value in Fingerprint.objects.values_list("value", flat=True)]


@pytest.fixture
def others(clock):
    """Other members' words on a content's fingerprints."""

    def say(content_id: int, origin: str, action: int = 1, reason: str = "") -> None:
        for one in Fingerprint.objects.filter(content=content_id):
            Word.objects.create(
                origin=origin,
                kind=one.kind,
                value=one.value,
                action=action,
                content=7,
                at=clock.now(),
                category="baseline" if action < 3 else "",
                reason=reason,
                log_index=1,
            )

    return say


class TestSignals:
    def test_nothing_yet_says_what_will_appear(self, enter):
        html = enter("lin").get("/staff/signals/").content.decode()
        assert "Nothing was said yet" in html

    def test_what_was_signed_without_a_fingerprint(self, enter, signed):
        html = enter("lin").get("/staff/signals/").content.decode()
        assert html.count(f"C-{signed}</a>") == 4
        for word in ("PDQ", "SHA-256", "Listing, Illegal here", "by 1 person", "Signed"):
            assert word in html
        assert shows_no_fingerprint(html)

    @pytest.mark.parametrize(
        ("query", "number"), [("state=waiting", 0), ("state=signed", 4), ("kind=pdq", 1), ("category=baseline", 0)]
    )
    def test_filters(self, enter, signed, query, number):
        html = enter("lin").get(f"/staff/signals/?{query}").content.decode()
        assert html.count(f"C-{signed}</a>") == number
        assert ("No signal fits these filters" in html) is (number == 0)

    def test_an_alarm_for_a_canary(self, enter, file, decide, sign):
        content = file()
        canaries.add("The logo", [(FingerprintType.SHA1, values_of_kind(content, "sha1"))])
        decide(content, NATIONAL)
        sign()
        browser = enter("sacha")
        assert "A canary stopped the signals of 1 content." in browser.get("/staff/signals/").content.decode()
        html = browser.get(f"/staff/signals/{content}/").content.decode()
        assert "A canary stopped this." in html
        assert "The logo" in html

    def test_a_restricted_content_is_not_there(self, enter, signed, people):
        from rempart.node.casework import access

        access.restrict(people["sacha"], signed, "Concerns a colleague")
        browser = enter("lin")
        assert f"C-{signed}" not in browser.get("/staff/signals/").content.decode()
        assert browser.get(f"/staff/signals/{signed}/").status_code == 404
        assert browser.get(f"/staff/signals/{signed}/recall").status_code == 404


def values_of_kind(content_id: int, kind: str) -> bytes:
    return bytes(Fingerprint.objects.get(content=content_id, kind=kind).value)


class TestOneContent:
    def test_what_others_say_by_country(self, enter, signed, others):
        others(signed, "one.example/log")
        others(signed, "two.example/log", 4, "lawful")
        html = enter("lin").get(f"/staff/signals/{signed}/").content.decode()
        assert "1 country lists it" in html
        assert "1 country speaks against it" in html
        assert "Baseline: one.example/log" in html

    def test_the_case_says_so_too(self, enter, signed, others):
        assert "What other members say" not in enter("ana").get(f"/staff/cases/{signed}/").content.decode()
        others(signed, "one.example/log")
        assert "What other members say" in enter("ana").get(f"/staff/cases/{signed}/").content.decode()

    def test_a_content_nobody_speaks_of_has_no_page(self, enter, file):
        assert enter("lin").get(f"/staff/signals/{file()}/").status_code == 404

    def test_recall_asks_why_and_takes_all_back(self, enter, signed, sign, log):
        browser, page = enter("lin"), f"/staff/signals/{signed}/recall"
        assert "Recall it now" in browser.get(page).content.decode()
        assert browser.post(page, {"reason": "mistake", "why": ""}, page=page).status_code == 422
        done = browser.post(page, {"reason": "mistake", "why": "Wrong file"}, page=page, follow=True)
        assert "4 fingerprints are withdrawn" in done.content.decode()
        assert "Recall <kbd" not in done.content.decode()
        sign()
        assert len(log.signals()) == 8
        again = browser.post(page, {"reason": "mistake", "why": "Wrong file"}, page=page)
        assert again.status_code == 409

    def test_a_dispute_goes_out_by_a_person_s_action(self, enter, file, decide, others, sign, log):
        content = file()
        others(content, "one.example/log")
        decide(content, HARMLESS)
        browser, page = enter("sacha"), f"/staff/signals/{content}/"
        assert "Others list 1 content that this node found lawful." in browser.get("/staff/signals/").content.decode()
        assert "Dispute it" in browser.get(page).content.decode()
        done = browser.post(f"{page}dispute", page=page, follow=True)
        assert "The dispute goes out" in done.content.decode()
        assert "Dispute it" not in done.content.decode()
        sign()
        assert len(log.signals()) == 4

    def test_an_analyst_sees_no_signals(self, enter, signed):
        assert enter("ana").get("/staff/signals/").status_code == 403


class TestPublic:
    def test_the_files_lie_where_the_specification_says(self, signed, log):
        client = Client()
        checkpoint = client.get("/log/checkpoint")
        assert checkpoint.content.decode() == log.note
        assert checkpoint["Cache-Control"] == "public, max-age=5"
        assert client.get("/log/tile/0/000.p/4")["Cache-Control"] == "public, max-age=31536000, immutable"
        assert len(client.get("/log/tile/0/000.p/4").content) == 4 * 32
        assert len(client.get("/log/tile/entries/000.p/4").content) == 4 * 34
        assert client.get("/log/vkey").content == (log.folder / "vkey").read_bytes()

    @pytest.mark.parametrize(
        "path",
        [
            "head",
            "restored",
            "bundle/000.p/4",
            "tile/../head",
            "tile/../bundle/000.p/4",
            "tile/%2e%2e/head",
            "tile/0/000",
            "tile/0/0",
            "tile/entries/000.p/5",
            "tile/0/000.p/4/",
            "tile/1/000.p/400",
        ],
    )
    def test_nothing_else_does(self, signed, path):
        assert Client().get(f"/log/{path}").status_code == 404

    def test_no_public_file_holds_a_fingerprint(self, signed, log):
        public = [log.folder / "checkpoint", *(path for path in (log.folder / "tile").rglob("*") if path.is_file())]
        assert not [path for path in public for value in values_of_all() if value in path.read_bytes()]

    @pytest.mark.parametrize(("language", "words"), [("en", "Its last checkpoint"), ("fr", "Son dernier point")])
    def test_the_page_explains_it_in_each_language(self, signed, language, words, settings):
        html = Client().get(f"/{language}/log/").content.decode()
        assert words in html
        assert settings.ORIGIN in html
        assert re.search(r"rempart verify http://testserver/log/", html)

    def test_the_page_before_the_first_checkpoint(self, db):
        assert "Nothing was published yet" in Client().get("/en/log/").content.decode()

    def test_it_is_linked_from_every_public_page(self, db):
        assert 'href="/en/log/"' in Client().get("/en/").content.decode()


class TestBundles:
    def ask(self, path: str, credential: tuple[str, str] | None = None):
        headers = {}
        if credential:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(credential).encode()).decode()
        return Client().get(f"/exchange/bundle/{path}", headers=headers)

    def test_a_member_fetches_the_openings(self, signed, log):
        answer = self.ask("000.p/4", add_platform("Hotline of Ruritania", [Scope.EXCHANGE]))
        assert answer.status_code == 200
        assert answer.content == (log.folder / "bundle/000.p/4").read_bytes()
        assert "no-store" in answer.get("Cache-Control", "no-store")
        assert [value for value in values(signed) if value in answer.content]

    def test_nobody_else_does(self, signed):
        assert self.ask("000.p/4").status_code == 401
        assert self.ask("000.p/4", ("nobody", "wrong")).status_code == 401
        assert self.ask("000.p/4", add_platform("Example Chat")).status_code == 403

    @pytest.mark.parametrize("path", ["001", "000", "../head", "000.p/4/..", "000.p/4/../../head"])
    def test_nothing_else_lies_there(self, signed, path):
        assert self.ask(path, add_platform("Hotline of Ruritania", [Scope.EXCHANGE])).status_code == 404
