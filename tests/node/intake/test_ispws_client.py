"""A client that platforms use today, unmodified, against a running node."""

import asyncio
from datetime import UTC, datetime

import pytest

from rempart.node.intake import platforms, services
from rempart.node.intake.models import PlatformSubmission

cybertip = pytest.importorskip("ncmec_cybertip", reason="needs Python 3.13 and the package ncmec-cybertip")
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def make_report(url: str = "https://media.example/p/1"):
    return cybertip.Report(
        incident_summary=cybertip.IncidentSummary(
            incident_type=cybertip.IncidentType.CHILD_PORNOGRAPHY,
            incident_date_time=datetime(2026, 3, 1, 12, tzinfo=UTC),
        ),
        internet_details=[cybertip.InternetDetails(web_page_incident=cybertip.WebPageIncident(url=[url]))],
        reporter=cybertip.Reporter(
            reporting_person=cybertip.Person(
                first_name="Ana", last_name="Reporter", email=[cybertip.Email(value="ana@chat.example")]
            )
        ),
    )


@pytest.fixture
def connect(live_server):
    username, secret = platforms.add_platform("Example Chat")

    def client(password: str = secret):
        return cybertip.CyberTiplineClient(username=username, password=password, base_url=f"{live_server.url}/ispws")

    return client


def test_the_whole_journey(connect, tmp_path):
    picture = tmp_path / "evidence.jpg"
    picture.write_bytes(b"benign bytes " * 20_000)

    async def journey():
        async with connect() as client:
            await client.status()
            assert "schema" in str(await client.get_xsd())
            opened = await client.submit(make_report())
            uploaded = await client.upload(opened.report_id, str(picture))
            details = cybertip.FileDetails(
                report_id=opened.report_id,
                file_id=uploaded.file_id,
                original_file_name="evidence.jpg",
                file_relevance=cybertip.FileRelevance.REPORTED,
                file_viewed_by_esp=True,
                file_annotations=cybertip.FileAnnotations(viral=True),
                original_file_hash=cybertip.file_hashes(str(picture)),
                ip_capture_event=cybertip.IpCaptureEvent(
                    ip_address="192.0.2.7",
                    event_name=cybertip.EventName.UPLOAD,
                    date_time=datetime(2026, 3, 1, 12, tzinfo=UTC),
                    port=4711,
                ),
            )
            await client.file_info(details)
            done = await client.finish(opened.report_id)
            assert list(done.file_ids) == [uploaded.file_id]
            return opened.report_id

    report_id = asyncio.run(journey())
    page, file = services.items(int(report_id))
    assert page.value == "https://media.example/p/1"
    assert file.file.viewed_by_platform is True
    assert b"".join(services.file_bytes(file.file.id)) == picture.read_bytes()


def test_errors_arrive_as_the_client_knows_them(connect):
    async def attempts():
        async with connect() as client:
            opened = await client.submit(make_report("https://media.example/p/2"))
            await client.retract(opened.report_id)
            for act, code in ((client.finish, 5101), (client.retract, 5101)):
                with pytest.raises(cybertip.ApiError) as caught:
                    await act(opened.report_id)
                assert int(caught.value.response_code) == code
        async with connect("wrong") as stranger:
            with pytest.raises(cybertip.CyberTiplineError):
                await stranger.status()

    asyncio.run(attempts())
    assert PlatformSubmission.objects.get().phase == "retracted"
