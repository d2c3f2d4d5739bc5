"""What others published: every point has its source, and nothing stands between the points."""

from django.utils.translation import override

from rempart.node.observatory.external_titles import TITLES, title
from rempart.node.observatory.services import external_series


def test_pages_have_a_title_for_every_series_the_same_in_english() -> None:
    with override("en"):
        assert {key: str(text) for key, text in TITLES.items()} == {one.key: one.title for one in external_series()}
    with override("fr"):
        assert title(external_series()[0]) == "États membres de l’alliance"


def test_every_point_names_its_source_and_what_it_counts() -> None:
    for series in external_series():
        assert series.title
        assert series.unit
        for point in series.points:
            if point.value is None:
                assert point.source is None
                assert not point.wording
                continue
            assert point.source is not None, f"{series.key} {point.year}"
            assert point.source.title
            assert point.source.publisher
            assert point.wording.endswith(".")
            assert point.source.url.startswith("http") or point.source.note
            assert point.source.year >= point.year


def test_gaps_are_gaps_and_the_decade_is_whole() -> None:
    keys = [series.key for series in external_series()]
    assert len(set(keys)) == len(keys)
    for series in external_series():
        years = [point.year for point in series.points]
        assert years == list(range(years[0], years[-1] + 1))
        assert set(range(2012, 2024)) <= set(years)
        assert any(point.value is not None for point in series.points)


def test_the_alliance_grew_from_48_to_54() -> None:
    members = next(series for series in external_series() if series.key == "alliance_members")
    assert [members.value(year) for year in (2012, 2013, 2014, 2015)] == [48, None, 54, None]
