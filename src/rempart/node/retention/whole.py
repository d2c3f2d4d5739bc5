"""A whole report goes, by a rule or on request, and with it what concerns no other."""

from collections.abc import Iterable

from rempart.node.audit import services as audit
from rempart.node.intake import erasure as intake
from rempart.node.referrals import erasure as referrals
from rempart.node.retention import storage, streams


def erase(report_id: int, content_ids: Iterable[int], why: dict[str, audit.Value], actor: str = "system") -> None:
    """Destroy a report, in the caller's transaction, in which `content_ids`, what it points to, are locked.

    What staff noted on a case goes with the last of its reports: a content that is held keeps all of its reports, so
    that nothing then holds it. The file of a referral about the report goes as well; its digest stays.
    """
    gone = intake.erase_whole(report_id)
    storage.leave(gone.blobs)
    audit.record("report:erased", f"report:{report_id}", actor=actor, data={**why, **gone.counts})
    left = intake.kept_by_others(content_ids, [report_id])
    streams.erase_notes(sorted(set(content_ids) - left), why, actor)
    files = referrals.erase_files(referrals.files_about(report_id), why, actor)
    storage.leave(files, storage.Place.OUTBOX)
