"""Lists come in: every line accounted for, twice the same as once, no hash said aloud."""

import hashlib
import json
from datetime import timedelta

import pytest
from rich.progress import Progress
from typer.testing import CliRunner

from rempart.cli.lists import _rows, app
from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.hash_csv import read_hash_csv
from rempart.formats.rows import RejectedRow
from rempart.formats.vics import read_vics
from rempart.node.audit import services as audit
from rempart.node.jobs.models import Job
from rempart.node.lists import importing, services
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import HashList, ListEntry
from rempart.node.lists.withdrawing import withdraw_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def md5(number: int) -> str:
    return hashlib.md5(f"made up {number}".encode()).hexdigest()


def csv(*lines: str) -> list[str]:
    return ["md5,sha256,pdq,category", *lines]


def taken_in(lines: list[str], name: str = "Example", category: str = "national", **options) -> importing.Imported:
    return import_rows(name, category, read_hash_csv(lines), **options)


class TestCsv:
    def test_every_fingerprint_of_a_line_is_an_entry(self):
        sha256, pdq = hashlib.sha256(b"made up").hexdigest(), "0f" * 32
        result = taken_in(csv(f"{md5(1)},{sha256},{pdq},a1", f"{md5(2)},,,"))
        assert (result.added, result.present, result.rejected) == (4, 0, 0)
        kept = {(row.kind, bytes(row.value), row.category) for row in ListEntry.objects.all()}
        assert kept == {
            ("md5", bytes.fromhex(md5(1)), "A1"),
            ("sha256", bytes.fromhex(sha256), "A1"),
            ("pdq", bytes.fromhex(pdq), "A1"),
            ("md5", bytes.fromhex(md5(2)), "national"),
        }

    def test_again_changes_nothing_but_the_event(self):
        lines = csv(f"{md5(1)},,,", f"{md5(1)},,,", f"{md5(2)},,,")
        first = taken_in(lines)
        again = taken_in(lines)
        assert (first.added, first.present) == (2, 1)
        assert (again.added, again.present) == (0, 3)
        assert again.list_id == first.list_id
        assert ListEntry.objects.count() == 2
        told = [(fact.subject, fact.data) for fact in audit.events(actions=["list:imported"])]
        assert told == [
            (f"list:{first.list_id}", {"entries": 2, "rejected": 0}),
            (f"list:{first.list_id}", {"entries": 0, "rejected": 0}),
        ]

    def test_more_than_a_batch(self, monkeypatch):
        monkeypatch.setattr(importing, "BATCH", 7)
        assert taken_in(csv(*(f"{md5(number)},,," for number in range(50)))).added == 50

    def test_an_import_that_was_cut_off_is_completed_by_repeating_it(self, monkeypatch):
        monkeypatch.setattr(importing, "BATCH", 5)

        def cut():
            yield from csv(*(f"{md5(number)},,," for number in range(12)))
            raise OSError("the disk went away")

        with pytest.raises(OSError, match="went away"):
            taken_in(cut())
        version = services.version()
        result = taken_in(csv(*(f"{md5(number)},,," for number in range(20))))
        assert (result.added, ListEntry.objects.count()) == (10, 20)
        assert services.version() != version
        assert Job.objects.filter(kind="rematch", subject=str(result.list_id), state="waiting").exists()

    def test_rejected_lines_have_a_number_and_a_reason_without_the_value(self):
        rejected: list[RejectedRow] = []
        broken = md5(3)[:-1]
        lines = csv(f"{broken},,,", ",,,", f"{md5(4)},,,{md5(5)}", f"{md5(6)},,,B1")
        result = taken_in(lines, on_rejected=rejected.append)
        assert (result.added, result.rejected) == (1, 3)
        assert [row.line for row in rejected] == [2, 3, 4]
        assert all(row.reason for row in rejected)
        assert not any(value in row.reason for row in rejected for value in (broken, md5(4), md5(5)))

    @pytest.mark.parametrize("category", ["", "worst", md5(1)])
    def test_an_unknown_category_is_refused_without_repeating_it(self, category):
        with pytest.raises(InputError) as refused:
            taken_in(csv(), category=category)
        assert not category or category not in str(refused.value)
        assert not HashList.objects.exists()

    @pytest.mark.parametrize("change", [{"category": "baseline"}, {"settles": False}])
    def test_a_list_keeps_what_it_was_made_with(self, change):
        taken_in(csv(f"{md5(1)},,,"))
        with pytest.raises(Conflict):
            taken_in(csv(f"{md5(2)},,,"), **change)
        assert ListEntry.objects.count() == 1

    def test_a_withdrawn_entry_stays_withdrawn(self, clock):
        taken_in(csv(f"{md5(1)},,,"))
        withdraw_rows("Example", read_hash_csv(csv(f"{md5(1)},,,")), reason="made up")
        taken_in(csv(f"{md5(1)},,,"))
        assert ListEntry.objects.get().withdrawn_at == clock.now()
        assert len(services.recogniser()) == 0


class TestVics:
    def test_numbers_become_categories_and_open_ones_take_the_lists(self):
        document = {
            "@odata.context": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml/US/$metadata#Cases",
            "value": [
                {
                    "Media": [
                        {"MediaID": 1, "Category": 1, "MD5": md5(1), "SHA1": hashlib.sha1(b"x").hexdigest()},
                        {"MediaID": 2, "Category": 4, "MD5": md5(2)},
                        {"MediaID": 3, "MD5": md5(3)},
                        {"MediaID": 4, "Category": 2, "MD5": md5(4)},
                        {"MediaID": 5, "Category": 1},
                    ]
                }
            ],
        }
        rejected: list[RejectedRow] = []
        rows = read_vics(json.dumps(document).encode())
        result = import_rows("Set", "A2", rows, on_rejected=rejected.append)
        assert (result.added, [row.line for row in rejected]) == (4, [4, 5])
        found = {row.category for row in ListEntry.objects.filter(value=bytes.fromhex(md5(3)))}
        assert found == {"A2"}
        assert ListEntry.objects.get(value=bytes.fromhex(md5(2))).category == "not_illegal"


class TestRecogniser:
    def hits(self, number: int) -> list[str]:
        found = services.recogniser().lookup({F.MD5: bytes.fromhex(md5(number))}, pdq_quality=None)
        return [hit.entry.list_name for hit in found]

    def test_it_is_kept_until_a_list_changes(self, django_assert_num_queries):
        taken_in(csv(f"{md5(1)},,,"))
        first = services.recogniser()
        with django_assert_num_queries(1):
            assert services.recogniser() is first
        taken_in(csv(f"{md5(2)},,,"))
        assert self.hits(2) == ["Example"]
        assert services.version() == ((HashList.objects.get().pk, 2),)

    def test_two_imports_within_one_tick_of_the_clock_are_two_versions(self):
        taken_in(csv(f"{md5(1)},,,"))
        before = services.version()
        taken_in(csv(f"{md5(2)},,,"))
        assert services.version() > before

    def test_a_clock_set_back_does_not_hide_a_change(self, clock):
        taken_in(csv(f"{md5(1)},,,"))
        before = services.version()
        clock.moment -= timedelta(days=2)
        taken_in(csv(f"{md5(2)},,,"))
        assert services.version() > before

    def test_an_entry_on_two_lists_is_told_twice(self):
        taken_in(csv(f"{md5(1)},,,"))
        taken_in(csv(f"{md5(1)},,,"), name="Other")
        assert self.hits(1) == ["Example", "Other"]

    def test_facts_and_counts(self):
        taken_in(csv(f"{md5(1)},,,"), settles=False, source="example.csv")
        [facts] = services.all_lists()
        assert (facts.name, facts.category, facts.settles, facts.source) == (
            "Example",
            "national",
            False,
            "example.csv",
        )
        assert (facts.entries, facts.withdrawn, services.counts()) == (1, 0, {"Example": 1})
        assert services.name_of(facts.id) == "Example"
        assert services.settling_lists() == frozenset()
        with pytest.raises(NotFound):
            services.name_of(4711)


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path):
        def call(content: str, *options: str, file: str = "list.csv"):
            path = tmp_path / file
            path.write_text(content)
            return CliRunner().invoke(app, ["import", str(path), "--name", "Example", *options])

        return call

    def test_a_whole_file(self, run):
        result = run("\n".join(csv(f"{md5(1)},,,", f"{md5(2)},,,")), "--category", "A1")
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines()[-1] == "2 entries added, 0 present already, 0 lines rejected."

    def test_rejected_lines_are_named_and_the_exit_code_says_so(self, run):
        result = run("\n".join(csv("zz,,,", f"{md5(2)},,,")), "--category", "A1", "--no-settle")
        assert result.exit_code == 3
        assert "line 2: The md5 value is not 32 hexadecimal digits." in result.stderr
        assert not HashList.objects.get().settles

    def test_json_is_read_as_vics(self, run):
        content = json.dumps({"value": [{"MediaID": 1, "Category": 1, "MD5": md5(1)}]})
        assert run("\ufeff" + content, "--category", "national", file="set.json").exit_code == 0
        assert ListEntry.objects.get().category == "national"

    def test_bytes_that_are_no_text_spoil_their_line_only(self, run, tmp_path):
        path = tmp_path / "raw.csv"
        path.write_bytes(b"md5\n\xff\xfe\n" + md5(1).encode() + b"\n")
        result = CliRunner().invoke(app, ["import", str(path), "--name", "Raw", "--category", "national"])
        assert result.exit_code == 3
        assert ListEntry.objects.count() == 1

    def test_no_header_is_an_error(self, run):
        result = run("1,2,3", "--category", "national")
        assert isinstance(result.exception, InputError)

    @pytest.mark.parametrize("content", ["\n".join(csv(f"{md5(1)},,,", "zz,,,")), '{"value": []}'])
    def test_the_bar_ends_full(self, tmp_path, content):
        file = tmp_path / "list"
        file.write_text(content)
        progress = Progress(disable=True)
        list(_rows(file, progress, "Importing"))
        [task] = progress.tasks
        assert (task.completed, task.total) == (file.stat().st_size, file.stat().st_size)

    def test_show(self, run):
        run("\n".join(csv(f"{md5(1)},,,")), "--category", "A1")
        shown = CliRunner().invoke(app, ["show"])
        assert "Example" in shown.stdout
        assert md5(1) not in shown.stdout
