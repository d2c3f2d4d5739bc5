"""Django: every FileField and ImageField of a project screened, admin included, by one setting.

    STORAGES = {**STORAGES, "default": {"BACKEND": "django_uploads.storage.ScreenedStorage"}}

and let your task queue or a management command call `settle` every minute.

It is a storage and not a validator on purpose: a validator's error tells the uploader that the file is listed. Here
the form is accepted and the row saved as ever; a file that is listed, or waits, is simply not there yet. So your pages
must bear a missing file: check `field.storage.exists(field.name)`, and do not read an image's size while saving
(`width_field`, `height_field`).
"""

import os
import posixpath
from functools import cache

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages
from screening import Desk, desk_of


@cache
def desk() -> Desk:
    """One for each process, made at its first upload: servers fork after they imported this."""
    return desk_of()


class ScreenedStorage(FileSystemStorage):
    """Keeps a file where it can be seen only if the desk admits it. For S3 and others, inherit from their storage."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name is the desk's reference too: this file's alone, even while nothing lies under it."""
        folder, _, file = name.rpartition("/")
        root, ending = os.path.splitext(file)
        return super().get_available_name(posixpath.join(folder, self.get_alternative_name(root, ending)), max_length)

    def _save(self, name: str, content: File) -> str:
        data = content.read()
        return super()._save(name, ContentFile(data)) if desk().admit(name, data) else name

    def publish(self, name: str, data: bytes) -> None:
        """A file that waited. One that is there already is the same."""
        if not self.exists(name):
            super()._save(name, ContentFile(data))


def settle() -> None:
    """Publish what waited and is clear; take down what was published unscreened and is listed."""
    storage = storages["default"]
    for name, data, is_clear in desk().again():
        if is_clear:
            storage.publish(name, data)
        else:
            storage.delete(name)
