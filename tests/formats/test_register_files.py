"""Files of the register: what is written and read again is what it was, and a wrong line is told with its place."""

import json
from dataclasses import replace
from datetime import date

import pytest
from core.register.made_up import commitment, contact, parts
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.register.members import Member
from rempart.core.register.part import Evidence, Part
from rempart.core.register.whole import Register
from rempart.formats.register_files import COLUMNS, read_csv, read_json, write_csv, write_json

FRANCE = Member(
    "FR", "FRA", "250", 1, ("fr",), {"en": "France", "fr": "France"}, date(2012, 12, 5), None, date(2012, 12, 5), None
)
KOSOVO = Member(
    "XK", "XKX", "", None, ("sq",), {"en": "Kosovo", "fr": "Kosovo", "sq": "Kosovë"}, None, None, None, None
)
PROOF = Evidence(date(2026, 2, 1), "=1+1", "")
PART = Part("FR", "fr", "", (contact(phone="+33 1 99 00 00 00"),), (commitment(1), commitment(2, evidence=(PROOF,))))
REGISTER = Register((FRANCE, KOSOVO), (PART,))
registers = st.builds(
    Register,
    st.sampled_from([(), (FRANCE,), (FRANCE, KOSOVO)]),
    st.lists(st.sampled_from(["BE", "FR", "XK"]), unique=True)
    .map(sorted)
    .flatmap(lambda codes: st.tuples(*map(parts, codes))),
)


@given(registers)
def test_json_comes_back(register: Register) -> None:
    loaded = read_json(write_json(register))
    assert (loaded.register, loaded.problems) == (register, [])


@given(registers)
def test_csv_comes_back(register: Register) -> None:
    loaded = read_csv(write_csv(register))
    assert (loaded.register, loaded.problems) == (register, [])


def test_no_cell_is_a_formula() -> None:
    texts = write_csv(REGISTER)
    assert set(texts) == set(COLUMNS)
    assert "'=1+1" in texts["evidence.csv"]
    assert "'+33" in texts["contacts.csv"]
    loaded = read_csv(texts)
    assert loaded.register == REGISTER
    assert read_csv({name: "\ufeff" + text for name, text in texts.items()}).register == REGISTER


@pytest.mark.parametrize(
    ("file", "before", "after", "where", "words"),
    [
        ("commitments.csv", ",T4,", ",T5,", "commitments.csv line 2.target", "one of these"),
        ("commitments.csv", "FR,1,", "FR,one,", "commitments.csv line 2.number", "number"),
        ("contacts.csv", "https://hotline.example/about", "nowhere", "contacts.csv line 2.source", "https"),
        ("members.csv", "FRA", "fra", "members.csv line 2", "alpha3"),
        ("members.csv", "2012-12-05", "5.12.2012", "members.csv line 2.founded", "2012-12-05"),
        ("names.csv", "FR,fr,France", "FR,de,Frankreich", "members.csv line 2", "name"),
        ("parts.csv", "FR,fr,", "FR,French,", "parts.csv line 2.language", "language"),
        ("evidence.csv", "2026-02-01", "yesterday", "commitments.csv line 3.evidence[0].on", "2012-12-05"),
    ],
)
def test_a_wrong_line_is_told_and_the_rest_is_read(file: str, before: str, after: str, where: str, words: str) -> None:
    texts = write_csv(REGISTER)
    assert before in texts[file]
    loaded = read_csv(texts | {file: texts[file].replace(before, after, 1)})
    [problem] = [each for each in loaded.problems if each.where == where]
    assert words in problem.reason
    if file not in ("members.csv", "names.csv"):
        assert (loaded.members, loaded.parts) == ([FRANCE, KOSOVO], [])


def test_lines_without_a_part_and_repetitions_are_told() -> None:
    texts = write_csv(REGISTER)
    del texts["parts.csv"]
    assert [each.where for each in read_csv(texts).problems] == ["parts.csv"]
    document = json.loads(write_json(REGISTER))
    document["parts"] *= 2
    document["members"] *= 2
    assert {each.where for each in read_json(json.dumps(document)).problems} == {"parts", "members"}


def test_a_wrong_entry_of_json_is_told_and_the_rest_is_read() -> None:
    document = json.loads(write_json(replace(REGISTER, parts=(PART, replace(PART, country="XK")))))
    document["parts"][0]["commitments"][1]["status"] = "done"
    loaded = read_json(json.dumps(document))
    assert [each.where for each in loaded.problems] == ["parts[0].commitments[1].status"]
    assert [part.country for part in loaded.parts] == ["XK"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "{" * 9, '{"format":"rempart-register/1","members":[],"parts":{}}'])
def test_other_documents_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns"),
        ("country\r\n", "columns"),
        ('country,language,round\r\nFR,"fr,', "CSV"),
        ("country,language,round\r\nFR,fr\r\n", "2 fields"),
    ],
)
def test_other_columns_and_broken_lines_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_csv({"parts.csv": text})
    assert caught.value.where.startswith("parts.csv line")
