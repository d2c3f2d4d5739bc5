"""Run as a program of its own, since settings belong to a process; prints what a browser would see as JSON.

python django_program.py LISTED OTHER       # two pictures
"""

import json
import os
import sys
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "django_uploads.settings"
django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.test import Client  # noqa: E402

client = Client(enforce_csrf_checks=True)


def send(data: bytes) -> dict[str, object]:
    page = client.get("/uploads").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    file = SimpleUploadedFile("holiday.png", data, "image/png")
    answer = client.post("/uploads", {"file": file, "csrfmiddlewaretoken": token})
    shown = client.get(f"/uploads/{answer.json()['id']}")
    content = b"".join(shown.streaming_content) if shown.streaming else shown.content
    return {
        "status": answer.status_code,
        "headers": dict(answer.headers),
        "fields": list(answer.json()),
        "shown": shown.status_code,
        "whole": content == data,
        "page": "" if shown.streaming else content.decode(),
    }


if __name__ == "__main__":
    from django_uploads.storage import settle

    told = {name: send(Path(name).read_bytes()) for name in sys.argv[1:]}
    never = client.get("/uploads/upload_never")
    no_token = client.post("/uploads", {"file": SimpleUploadedFile("holiday.png", b"bytes")})
    if os.environ.get("THEN_SCREEN_URL"):
        from django_uploads import storage

        os.environ["SCREEN_URL"] = os.environ["THEN_SCREEN_URL"]
        storage.desk.cache_clear()
        settle()
    told |= {"never": never.content.decode(), "no_token": no_token.status_code}
    told["published"] = sorted(path.read_bytes().hex() for path in Path(os.environ["MEDIA_ROOT"]).iterdir())
    print(json.dumps(told))
