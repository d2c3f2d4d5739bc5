"""The least that decides: which decisions can be taken without opening the file, and what is told to help."""

import pytest
from signals.pictures import encoded, scene

from rempart.core.assessment import Decision
from rempart.core.vocabulary import AgeBand, Legality, Offence
from rempart.formats.hash_values import normalise
from rempart.node.casework import assessing, case_page, evidence, material, queue, services
from rempart.node.casework.models import Content, Exposure
from rempart.node.intake.models import StoredFile

PICTURE = encoded(scene(seed=4))
OFFENCES = frozenset({Offence.DISTRIBUTION})
DECISIONS = {
    Legality.BASELINE: Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=OFFENCES),
    Legality.NATIONAL: Decision(Legality.NATIONAL, offences=OFFENCES),
    Legality.NOT_ILLEGAL: Decision(Legality.NOT_ILLEGAL),
    Legality.UNDETERMINED: Decision(Legality.UNDETERMINED),
}


@pytest.fixture
def come(submit, work):
    """Let one more image come in; returns its content."""

    def one(seed: int, **more) -> int:
        before = set(Content.objects.values_list("pk", flat=True))
        submit(files=[encoded(scene(seed=seed))], **more)
        work()
        [new] = set(Content.objects.values_list("pk", flat=True)) - before
        return new

    return one


@pytest.mark.parametrize("legality", Legality)
def test_every_decision_can_be_taken_without_a_view(come, people, told, legality):
    case = come(1)
    deciders = ["ana", "sacha"] if legality is Legality.BASELINE else ["ana"]
    for name in deciders:
        queue.claim(people[name], case)
        assessing.assess(people[name], case, DECISIONS[legality], "from the facts")
    assert services.content(case).legality is legality
    assert not Exposure.objects.exists()
    assert told("content:decided")[0][2]["viewed"] is False


def test_what_needed_no_view_is_measured_for_the_node_by_result(come, people, clock):
    for seed, (legality, opened) in enumerate(
        [(Legality.NATIONAL, False), (Legality.NATIONAL, True), (Legality.NOT_ILLEGAL, False)]
    ):
        case = come(seed)
        queue.claim(people["ana"], case)
        if opened:
            evidence.show(people["ana"], case, StoredFile.objects.get(item__content=case).pk)
        assessing.assess(people["ana"], case, DECISIONS[legality])
    assert [(str(one.legality), one.decisions, one.unopened) for one in material.opened_or_not()] == [
        ("Illegal here", 2, 1),
        ("Not illegal", 1, 1),
    ]
    clock.advance(days=31)
    assert material.opened_or_not() == []


def test_what_a_list_settled_is_not_counted_as_work(submit, work, listed):
    import hashlib

    listed("Example list", "national", {"sha256": normalise("sha256", hashlib.sha256(PICTURE).hexdigest())})
    submit(files=[PICTURE])
    work()
    assert Content.objects.get().legality
    assert material.opened_or_not() == []


def test_what_is_known_is_told_where_the_image_is_not(submit, work, listed, people, upload):
    import hashlib

    digest = normalise("sha256", hashlib.sha256(PICTURE).hexdigest())
    listed("Hints", "national", {"sha256": digest}, settles=False)
    listed("More hints", "national", {"sha256": digest}, settles=False)
    copy = encoded(scene(seed=4).resize((200, 150)))
    submit(files=[upload(PICTURE)])
    submit(files=[upload(copy)])
    work()
    StoredFile.objects.update(industry_class="B2")
    first = Content.objects.get(matches__list_name="Hints")
    other = Content.objects.exclude(pk=first.pk).get()
    assessing.decide(other.pk, Legality.NATIONAL, "analyst")
    shown = case_page.page(first.pk, people["ana"]).material
    assert shown.known == ["2 lists know it", "the platform classified it B2", "1 image like it is decided"]
    assert not Exposure.objects.exists()
