"""Near-duplicates of this node's own images: exact, incremental, and whole whoever inserts at once."""

import hashlib
import os
import random
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from PIL import Image
from signals.pictures import encoded, scene

from rempart.core.vocabulary import FingerprintType, ItemKind
from rempart.node.casework import content as contents
from rempart.node.casework import similar
from rempart.node.casework.models import Content, Fingerprint, ImageSeries
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock
from rempart.signals.fingerprint import pdq

PICTURE = encoded(scene(seed=3))
RESAVED = encoded(scene(seed=3).resize((100, 75)), quality=30)
SMALLER = encoded(scene(seed=3).resize((200, 150)))
OTHER = encoded(scene(seed=4))
FLAT = encoded(Image.new("RGB", (64, 64), (200, 200, 200)), "PNG")


def made(count: int = 1) -> list[int]:
    """Ids of contents that have no fingerprint yet."""
    first = Content.objects.count()
    keys = [number.to_bytes(32, "big") for number in range(first, first + count)]
    return [Content.objects.create(kind="file", key=key, first_seen_at=clock().now()).pk for key in keys]


def keep(content_id: int, code: bytes, quality: int | None = 100) -> None:
    contents.keep_fingerprints(content_id, [(FingerprintType.PDQ, code)], pdq_quality=quality)
    similar.number_image(content_id)


def altered(code: bytes, bits: int, seed: int = 0) -> bytes:
    number = int.from_bytes(code, "big")
    for bit in random.Random(seed).sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


CODE = random.Random(1).randbytes(32)


@pytest.mark.usefixtures("clock")
class TestImages:
    @pytest.fixture
    def come(self, submit, work, upload):
        def content_of(data: bytes) -> int:
            before = set(Content.objects.values_list("pk", flat=True))
            submit(files=[upload(data)])
            work()
            [new] = set(Content.objects.values_list("pk", flat=True)) - before
            return new

        return content_of

    def test_copies_find_one_another(self, come):
        first, small, other = come(PICTURE), come(RESAVED), come(OTHER)
        assert similar.similar_to(first) == [small]
        middle = come(SMALLER)
        assert set(similar.similar_to(first)) == {middle, small}
        assert set(similar.similar_to(small)) == {first, middle}
        assert similar.similar_to(other) == []
        assert similar.counts([first, small, middle, other]) == {first: 2, small: 2, middle: 2}

    def test_a_flat_image_is_not_compared(self, come):
        assert similar.similar_to(come(FLAT)) is None
        assert similar.counts(Content.objects.values_list("pk", flat=True)) == {}

    def test_a_bare_hash_is_not_an_image(self, come, submit, work):
        picture = come(PICTURE)
        submit(("hash", f"pdq:{pdq(PICTURE)[0].hex()}"))
        work()
        assert similar.similar_to(Content.objects.get(kind=ItemKind.HASH).pk) is None
        assert similar.similar_to(picture) == []

    def test_a_file_that_was_named_by_its_hash_before_is_compared_once_it_comes(self, come, submit, work, upload):
        sha256 = "sha256:" + hashlib.sha256(PICTURE).hexdigest()
        submit(("hash", sha256))
        work()
        named = Content.objects.get().pk
        copy = come(RESAVED)
        assert similar.similar_to(named) is None
        submit(files=[upload(PICTURE)])
        work()
        assert similar.similar_to(named) == [copy]

    def test_the_number_is_taken_last(self, submit, upload, work):
        """After it nothing is written but the end of the step: what else locks was locked before."""
        submit(files=[upload(PICTURE)])
        [held] = jobs.claim(16, ("fingerprint",))
        with CaptureQueriesContext(connection) as asked:
            assert jobs.perform(held)
        written = [query["sql"].split('"')[1] for query in asked if query["sql"].startswith(("INSERT", "UPDATE"))]
        assert written[-3:] == ["casework_imageseries", "casework_fingerprint", "jobs_job"]
        assert written.count("casework_imageseries") == 1

    def test_the_same_file_again_is_the_same_image(self, come, submit, work, upload):
        picture = come(PICTURE)
        submit(files=[upload(PICTURE)])
        work()
        assert similar.similar_to(picture) == []
        assert ImageSeries.objects.get().last == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestFollowing:
    def test_the_limit_is_31_bits_and_a_quality_of_50(self):
        one, near, far, dull = made(4)
        keep(one, CODE)
        keep(near, altered(CODE, 31))
        keep(far, altered(CODE, 32))
        keep(dull, CODE, quality=49)
        assert similar.similar_to(one) == [near]
        assert similar.similar_to(dull) is None

    def test_what_was_read_is_not_read_again_and_a_new_process_reads_all(self):
        one, two, three = made(3)
        keep(one, CODE)
        keep(two, CODE)
        assert similar.similar_to(one) == [two]
        # Only a reader that reads row two again can notice that it is another now.
        Fingerprint.objects.filter(content=two).update(value=altered(CODE, 200))
        keep(three, altered(CODE, 1))
        assert similar.similar_to(one) == [two, three]
        similar.forget()
        assert similar.similar_to(one) == [three]

    def test_nothing_new_is_one_short_question(self, django_assert_num_queries):
        [one] = made()
        keep(one, CODE)
        similar.similar_to(one)
        with django_assert_num_queries(2) as asked:
            similar.similar_to(one)
        assert "imageseries" in asked[1]["sql"]

    def test_a_database_that_went_back_is_read_anew(self):
        one, two, three = made(3)
        for content_id in (one, two, three):
            keep(content_id, CODE)
        assert similar.counts([one]) == {one: 2}
        Fingerprint.objects.filter(content=three).delete()
        ImageSeries.objects.update(last=2)
        assert similar.similar_to(one) == [two]

    def test_a_number_that_was_rolled_back_is_taken_again(self):
        one, two = made(2)
        with transaction.atomic():
            keep(one, CODE)
            transaction.set_rollback(True)
        keep(two, CODE)
        assert list(Fingerprint.objects.values_list("content", "image_number")) == [(two, 1)]


class TestAgainstComparingAll(TestCase):
    @given(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(45, 55), st.booleans()), max_size=25),
        st.integers(0, 2**32),
    )
    def test_any_arrivals_with_questions_between(self, arrivals, seed):
        """Codes in three clusters around the limit; sometimes somebody asks, and the index has to follow from there."""
        similar.forget()
        Fingerprint.objects.all().delete()
        ImageSeries.objects.update(last=0)
        centres = [random.Random(seed + place).randbytes(32) for place in range(3)]
        held: dict[int, tuple[int, bool]] = {}
        for place, (cluster, bits, quality, asks) in enumerate(arrivals):
            [content_id] = made()
            code = altered(centres[cluster], bits, seed + place)
            keep(content_id, code, quality)
            held[content_id] = int.from_bytes(code, "big"), quality >= 50
            if asks:
                self._check(held)
        self._check(held)

    def _check(self, held: dict[int, tuple[int, bool]]) -> None:
        for content_id, (code, is_compared) in held.items():
            near = sorted(
                ((code ^ other).bit_count(), other_id)
                for other_id, (other, is_good) in held.items()
                if is_good and other_id != content_id and (code ^ other).bit_count() <= 31
            )
            expected = [other_id for _, other_id in near] if is_compared else None
            assert similar.similar_to(content_id) == expected


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("clock")
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _close(self):
        self.threads: list[threading.Thread] = []
        yield
        for thread in self.threads:
            thread.join()

    def start(self, work) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        self.threads.append(thread)
        thread.start()
        return thread

    def test_a_reader_never_goes_past_an_image_that_is_not_committed_yet(self):
        """The slow worker took its number first; the fast one must not be seen before it."""
        slow, fast = made(2)
        has_number, may_commit = threading.Event(), threading.Event()

        def insert_slowly() -> None:
            with transaction.atomic():
                keep(slow, CODE)
                has_number.set()
                may_commit.wait(30)

        def insert() -> None:
            with transaction.atomic():
                keep(fast, CODE)

        self.start(insert_slowly)
        assert has_number.wait(30)
        second = self.start(insert)
        # Were it not to wait, it would end within this time, and the question below would move the mark beyond both.
        second.join(0.5)
        assert similar.similar_to(fast) is None
        may_commit.set()
        for thread in self.threads:
            thread.join()
        assert (similar.similar_to(slow), similar.similar_to(fast)) == ([fast], [slow])

    def test_of_two_that_insert_at_once_one_finds_the_other(self):
        content_ids = made(6)
        ready = threading.Barrier(len(content_ids))
        saw: dict[int, set[int]] = {}

        def insert(content_id: int) -> None:
            ready.wait(30)
            with transaction.atomic():
                keep(content_id, CODE)
            saw[content_id] = set(similar.similar_to(content_id))

        for content_id in content_ids:
            self.start(lambda content_id=content_id: insert(content_id))
        for thread in self.threads:
            thread.join()
        assert len(saw) == len(content_ids)
        for one in content_ids:
            for other in content_ids:
                assert one == other or other in saw[one] or one in saw[other]
            assert set(similar.similar_to(one)) == set(content_ids) - {one}


PROCESS = """
import os, sys
import django
django.setup()
from django.db import transaction
from rempart.core.vocabulary import FingerprintType
from rempart.node.casework import similar
from rempart.node.casework.content import keep_fingerprints
from rempart.node.casework.models import Content
from rempart.node.runtime import clock
for line in sys.stdin:
    what, content_id, code = line.split()
    if what == "ask":
        print(similar.similar_to(int(content_id)), flush=True)
        continue
    with transaction.atomic():
        content = Content.objects.create(
            pk=int(content_id), kind="file", key=content_id.encode().rjust(32), first_seen_at=clock().now()
        )
        keep_fingerprints(content.pk, [(FingerprintType.PDQ, bytes.fromhex(code))], pdq_quality=100)
        similar.number_image(content.pk)
        if what == "die":
            os.kill(os.getpid(), 9)
    print("kept", flush=True)
"""


class TestProcesses:
    @pytest.fixture
    def process(self, tmp_path):
        """Start a process of a node of its own; calling it says one line to it and tells its answer."""
        environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(tmp_path / "home"), "REMPART_MODE": "dev"}
        command = [sys.executable, "-m", "rempart.cli", "init"]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
        environment["DJANGO_SETTINGS_MODULE"] = "rempart.node.settings"
        started: list[subprocess.Popen[str]] = []

        def start():
            child = subprocess.Popen(
                [sys.executable, "-c", PROCESS], env=environment, stdin=-1, stdout=-1, text=True, bufsize=1
            )
            started.append(child)

            def say(what: str, content_id: int, code: bytes = CODE) -> str:
                child.stdin.write(f"{what} {content_id} {code.hex()}\n")
                return child.stdout.readline().strip()

            return say

        yield start
        for child in started:
            child.kill()
            child.communicate()

    def test_each_follows_what_the_others_insert_and_a_killed_one_leaves_nothing(self, process):
        page, one, other = process(), process(), process()
        assert one("insert", 1) == "kept"
        assert page("ask", 1) == "[]"
        assert other("insert", 2, altered(CODE, 3)) == "kept"
        assert one("die", 3) == ""
        assert page("ask", 1) == other("ask", 1) == "[2]"
        assert other("insert", 4, altered(CODE, 2)) == "kept"
        assert page("ask", 1) == process()("ask", 1) == "[4, 2]"
        assert page("ask", 3) == "None"
