"""Images, what recognises them, and what triage made of them."""

from signals.pictures import encoded, scene

from rempart.core.vocabulary import FingerprintType as F
from rempart.node.casework.models import Content, Fingerprint
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.signals.fingerprint import file_hashes, pdq

PICTURE = encoded(scene(seed=3))
RESAVED = encoded(scene(seed=3).resize((100, 75)), quality=30)
OTHER = encoded(scene(seed=4))
URL = "https://host.example/page"


def sha256(data: bytes) -> dict:
    return {F.SHA256: file_hashes([data]).sha256}


def perceptual(data: bytes) -> dict:
    return {F.PDQ: pdq(data)[0].hex()}


def content(kind: str = "file") -> Content:
    return Content.objects.get(kind=kind)


def waiting(kind: str) -> bool:
    return Job.objects.filter(kind=kind, state="waiting").exists()


def content_of(data: bytes) -> Content:
    fingerprint = Fingerprint.objects.get(kind="sha256", value=bytes.fromhex(file_hashes([data]).sha256))
    return fingerprint.content


def work_on(kind: str) -> None:
    for held in jobs.claim(16, [kind]):
        assert jobs.perform(held)
