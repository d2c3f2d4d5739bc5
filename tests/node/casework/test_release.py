"""Evidence leaves when two people want exactly the same files to leave; once, signed, and never otherwise."""

import hashlib
import io
import json
import zipfile
from itertools import product

import pytest
from django.db import IntegrityError as DatabaseError
from django.db import transaction
from node.casework.pages import text
from signals.pictures import encoded, scene

from rempart.adapters.signing import verify
from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound, NotPermitted
from rempart.core.vocabulary import Role
from rempart.formats.signed_json import verify_document
from rempart.node.audit import services as audit
from rempart.node.casework import access, release
from rempart.node.casework.models import Content, Release, ReleaseFile
from rempart.node.intake.models import StoredFile
from rempart.node.runtime import signer

FIRST, SECOND = encoded(scene(seed=4)), encoded(scene(seed=9))
CAST = ("ana", "sacha", "luis", "vera", "lin", "stan", "aude", "adam")
MAY = {"sacha", "luis"}


@pytest.fixture
def contents(submit, work, upload) -> list[int]:
    submit(files=[upload(FIRST), upload(SECOND)])
    work()
    return list(Content.objects.filter(kind="file").order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def ask(contents, people):
    def request(name: str = "sacha", numbers=None) -> int:
        return release.request(people[name], numbers or contents, "Police of Examplia, 7/26", "Art. 1", "case 7")

    return request


def digest(people, number: int) -> str:
    return release.get(people["sacha"], number).digest


def opened(chunks) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


class TestTwoPeople:
    @pytest.mark.parametrize(("requester", "decider"), list(product(CAST, repeat=2)))
    def test_every_combination(self, ask, people, requester, decider):
        if requester not in MAY:
            with pytest.raises(NotPermitted):
                ask(requester)
            return
        number = ask(requester)
        shown = digest(people, number)
        if decider in MAY - {requester}:
            release.decide(people[decider], number, True, shown, "looked at it")
            assert opened(release.take(people[requester], number, shown)).testzip() is None
            return
        with pytest.raises(NotPermitted):
            release.decide(people[decider], number, True, shown, "looked at it")
        with pytest.raises(Conflict):
            release.take(people[requester], number, shown)

    @pytest.mark.parametrize("barred", [Role.ADMINISTRATOR, Role.AUDITOR])
    @pytest.mark.parametrize("who", ["sacha", "luis"])
    def test_a_second_role_without_content_bars_at_every_step(self, ask, people, barred, who):
        number = ask("sacha")
        shown = digest(people, number)
        people[who].roles = [*people[who].roles, str(barred)]
        steps = [
            lambda: release.request(people[who], [1], "a", "b", "c"),
            lambda: release.decide(people[who], number, True, shown, "looked"),
            lambda: release.take(people[who], number, shown),
            lambda: release.get(people[who], number),
            lambda: release.latest(people[who]),
        ]
        for step in steps:
            with pytest.raises(NotPermitted):
                step()

    def test_who_approved_does_not_take(self, ask, people):
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, True, shown, "looked")
        with pytest.raises(NotPermitted, match="only who requested"):
            release.take(people["luis"], number, shown)

    def test_the_database_refuses_one_person_in_both_places(self, ask, people):
        number = ask()
        with pytest.raises(DatabaseError), transaction.atomic():
            Release.objects.filter(pk=number).update(decided_by=people["sacha"])

    def test_refused_is_refused(self, ask, people, told):
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, False, shown, "no legal basis")
        for act in (
            lambda: release.take(people["sacha"], number, shown),
            lambda: release.decide(people["luis"], number, True, shown, "changed my mind"),
        ):
            with pytest.raises(Conflict):
                act()
        assert [action for action, _, _ in told("release:")] == ["release:requested", "release:refused"]


class TestTheSameFiles:
    @pytest.fixture
    def approved(self, ask, people) -> int:
        number = ask()
        release.decide(people["luis"], number, True, digest(people, number), "looked")
        return number

    @pytest.mark.parametrize("given", ["", "no digest", "00" * 32])
    def test_the_decision_is_about_the_set_that_was_shown(self, ask, people, given):
        number = ask()
        with pytest.raises(Conflict):
            release.decide(people["luis"], number, True, given, "looked")
        assert Release.objects.get().approved is None

    @pytest.mark.parametrize("given", ["", "no digest", "00" * 32])
    def test_so_is_the_taking(self, approved, people, given):
        with pytest.raises(Conflict):
            release.take(people["sacha"], approved, given)
        assert Release.objects.get().taken_at is None

    def test_a_file_less(self, approved, people):
        shown = digest(people, approved)
        ReleaseFile.objects.first().delete()
        with pytest.raises(Conflict, match="changed"):
            release.take(people["sacha"], approved, shown)

    def test_a_file_more(self, approved, people, submit, work, upload):
        submit(files=[upload(encoded(scene(seed=2)))])
        work()
        stored = StoredFile.objects.latest("pk")
        ReleaseFile.objects.create(
            release_id=approved,
            content=Content.objects.latest("pk"),
            stored_file=stored.pk,
            sha256=stored.sha256,
            size=stored.size,
        )
        with pytest.raises(Conflict, match="changed"):
            release.take(people["sacha"], approved, digest(people, approved))

    def test_another_file_under_the_same_number(self, approved, people):
        one, two = ReleaseFile.objects.order_by("pk")
        ReleaseFile.objects.filter(pk=one.pk).update(stored_file=two.stored_file)
        with pytest.raises(Conflict, match="changed"):
            release.take(people["sacha"], approved, digest(people, approved))

    def test_bytes_that_are_not_what_was_approved_end_the_archive_before_its_manifest(
        self, approved, people, monkeypatch
    ):
        monkeypatch.setattr("rempart.node.intake.services.file_bytes", lambda number: iter([b"something else"]))
        got: list[bytes] = []
        chunks = release.take(people["sacha"], approved, digest(people, approved))
        with pytest.raises(IntegrityError):
            got.extend(chunks)
        assert b"manifest.json" not in b"".join(got)


class TestOnceAndInTime:
    def test_a_second_time_is_refused(self, ask, people):
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, True, shown, "looked")
        release.take(people["sacha"], number, shown)
        with pytest.raises(Conflict, match="taken"):
            release.take(people["sacha"], number, shown)

    def test_a_request_nobody_looked_at_ends(self, ask, people, clock):
        number = ask()
        shown = digest(people, number)
        clock.advance(hours=72)
        with pytest.raises(Conflict, match="expired"):
            release.decide(people["luis"], number, True, shown, "looked")

    def test_an_approval_nobody_used_ends(self, ask, people, clock):
        number = ask()
        shown = digest(people, number)
        clock.advance(hours=71)
        release.decide(people["luis"], number, True, shown, "looked")
        clock.advance(hours=24)
        with pytest.raises(Conflict, match="expired"):
            release.take(people["sacha"], number, shown)


class TestTheArchive:
    def test_the_files_and_a_signed_manifest_of_them(self, ask, people, contents):
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, True, shown, "looked")
        archive = opened(release.take(people["sacha"], number, shown))
        assert archive.namelist()[-1] == "manifest.json"
        document = verify_document(
            archive.read("manifest.json"),
            lambda key, message, signature: key == signer().key_id and verify(signer().public_key, signature, message),
        )
        assert (document["release"], document["set"], document["recipient"]) == (
            number,
            shown,
            "Police of Examplia, 7/26",
        )
        named = {file["content"]: file for file in document["files"]}
        assert set(named) == set(contents)
        bodies = set()
        for file in named.values():
            body = archive.read(file["name"])
            assert (hashlib.sha256(body).hexdigest(), len(body)) == (file["sha256"], file["size"])
            bodies.add(body)
        assert bodies == {FIRST, SECOND}

    def test_the_chain_tells_how_many_and_no_reason(self, ask, people, told):
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, True, shown, "looked")
        release.take(people["sacha"], number, shown)
        subject = f"release:{number}"
        assert told("release:") == [
            ("release:requested", subject, {"files": 2}),
            ("release:approved", subject, {}),
            ("release:taken", subject, {"files": 2}),
        ]
        assert not any(fact.reason for fact in audit.events(subject=subject))

    def test_a_file_no_platform_viewed_is_unsealed_on_record(self, ask, people):
        StoredFile.objects.update(viewed_by_platform=None)
        number = ask()
        shown = digest(people, number)
        release.decide(people["luis"], number, True, shown, "looked")
        release.take(people["sacha"], number, shown)
        facts = list(audit.events(actions=["file:unsealed"]))
        assert [(fact.actor, fact.reason) for fact in facts] == [(people["sacha"].actor, "case 7")] * 2


class TestRefused:
    @pytest.mark.parametrize("missing", ["recipient", "legal_basis", "reason"])
    def test_without_its_words(self, contents, people, missing):
        words = {"recipient": "a", "legal_basis": "b", "reason": "c", missing: "  "}
        with pytest.raises(InputError) as error:
            release.request(people["sacha"], contents, **words)
        assert error.value.where == missing
        assert not Release.objects.exists()

    def test_a_decision_without_a_reason(self, ask, people):
        number = ask()
        with pytest.raises(InputError):
            release.decide(people["luis"], number, True, digest(people, number), " ")

    def test_contents_without_a_file(self, submit, work, people):
        submit(("url", "https://host.example/one"))
        work()
        with pytest.raises(InputError):
            release.request(people["sacha"], [Content.objects.get().pk], "a", "b", "c")
        with pytest.raises(InputError):
            release.request(people["sacha"], [], "a", "b", "c")

    def test_what_does_not_exist(self, people, clock):
        for act in (
            lambda: release.get(people["sacha"], 1),
            lambda: release.decide(people["sacha"], 1, True, "", "looked"),
            lambda: release.take(people["sacha"], 1, ""),
        ):
            with pytest.raises(NotFound):
                act()

    def test_one_restricted_content_closes_the_release_to_others(self, ask, people, contents):
        number = ask()
        shown = digest(people, number)
        access.restrict(people["sacha"], contents[0], "a reason")
        assert release.latest(people["luis"]) == []
        assert len(release.latest(people["sacha"])) == 1
        with pytest.raises(access.Restricted):
            release.decide(people["luis"], number, True, shown, "looked")


class TestPages:
    def test_the_whole_way_by_forms(self, contents, enter, people):
        sacha, luis = enter("sacha"), enter("luis")
        numbers = " ".join(f"C-{number}" for number in contents)
        asked = {"contents": numbers, "recipient": "Police of Examplia", "legal_basis": "Art. 1", "reason": "case 7"}
        answer = sacha.post("/staff/evidence/", asked, page="/staff/evidence/", follow=True)
        assert "You cannot approve your own request" in text(answer)
        page = answer.request["PATH_INFO"]
        seen = luis.get(page)
        assert "You decide about exactly these files" in text(seen)
        given = {"digest": digest(people, Release.objects.get().pk), "reason": "looked"}
        without = luis.post(page + "decide", given, page=page)
        assert without.status_code == 422
        done = luis.post(page + "decide", given | {"decision": "approve"}, page=page, follow=True)
        assert "Approved, to be taken once" in text(done)
        archive = sacha.post(page + "take", given, page=page)
        assert (archive["Content-Type"], archive["Cache-Control"]) == ("application/zip", "no-store")
        assert len(opened(archive.streaming_content).namelist()) == 3
        again = sacha.post(page + "take", given, page=page)
        assert again.status_code == 409
        assert "Taken" in text(sacha.get("/staff/evidence/"))

    def test_no_page_shows_a_fingerprint_of_a_file(self, ask, enter):
        number = ask()
        html = enter("luis").get(f"/staff/evidence/{number}/").content.decode()
        for data in (FIRST, SECOND):
            assert hashlib.sha256(data).hexdigest() not in html

    @pytest.mark.parametrize("wrong", ["", "everything", "C-", "C-1; C-2", "²"])
    def test_numbers_that_are_none(self, enter, wrong, contents):
        asked = {"contents": wrong, "recipient": "a", "legal_basis": "b", "reason": "c"}
        assert enter("sacha").post("/staff/evidence/", asked, page="/staff/evidence/").status_code == 422
        assert not Release.objects.exists()

    def test_with_a_second_role_without_content_every_page_refuses(self, ask, enter, people):
        number = ask()
        people["luis"].roles = [*people["luis"].roles, str(Role.AUDITOR)]
        people["luis"].save()
        browser = enter("luis")
        for path in ("/staff/evidence/", f"/staff/evidence/{number}/"):
            assert browser.get(path).status_code == 403


def test_an_archive_is_json_signed_and_readable_without_the_node(ask, people):
    number = ask()
    shown = digest(people, number)
    release.decide(people["luis"], number, True, shown, "looked")
    envelope = json.loads(opened(release.take(people["sacha"], number, shown)).read("manifest.json"))
    assert set(envelope) == {"alg", "key_id", "payload", "signature"}
