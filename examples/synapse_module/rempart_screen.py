"""Synapse: media screened when it is uploaded, fetched from another server, or loaded for a preview.

Put this file and `screening.py` where Synapse's Python finds them, and into homeserver.yaml:

    modules:
      - module: rempart_screen.RempartScreen
        config:
          url: http://127.0.0.1:8124
          folder: /var/lib/matrix-synapse/screening
          undecided: hold      # refuse what cannot be screened now (fail closed), or `publish` it (fail open)

The service's key comes from the environment, SCREEN_KEY. Synapse can only accept media or refuse it: a refused upload
is answered with "Bad content", refused remote media with "not found", and nothing says why. The uploader learns that
this file is not taken, and no more. In encrypted rooms the server sees ciphertext: nothing is recognised there.
"""

import os
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from screening import ByService, Desk, Undecided
from synapse.module_api import NOT_SPAM, ModuleApi
from synapse.module_api.errors import Codes, ConfigError


class RempartScreen:
    """Needs Synapse 1.60 or newer."""

    def __init__(self, config: Desk, api: ModuleApi) -> None:
        self._desk, self._api = config, api
        api.register_spam_checker_callbacks(check_media_file_for_spam=self.check_media_file_for_spam)

    @staticmethod
    def parse_config(config: dict[str, Any]) -> Desk:
        """Raises ConfigError, which stops the start."""
        try:
            screen = ByService(config["url"], os.environ.get("SCREEN_KEY", ""))
            return Desk(screen, Path(config["folder"]), Undecided(config["undecided"]))
        except KeyError as error:
            raise ConfigError(f"rempart_screen: {error} is missing") from error
        except (ValueError, OSError) as error:
            raise ConfigError(f"rempart_screen: {error}") from error

    async def check_media_file_for_spam(self, file_wrapper: Any, file_info: Any) -> Codes | Literal["NOT_SPAM"]:
        """Called with a ReadableFileWrapper and a FileInfo before the file counts as stored."""
        if file_info.thumbnail:
            return NOT_SPAM  # made by Synapse itself from a file that was screened
        data = BytesIO()
        await file_wrapper.write_chunks_to(data.write)
        reference = f"{file_info.server_name or 'local'}/{file_info.file_id}"
        admitted = await self._api.defer_to_thread(self._admit, reference, data.getvalue())
        return NOT_SPAM if admitted else Codes.FORBIDDEN

    def _admit(self, reference: str, data: bytes) -> bool:
        return self._desk.admit(reference, data, can_wait=False)
