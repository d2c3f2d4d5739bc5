"""FastAPI: uploads that are screened before anybody can see them.

    pip install fastapi granian python-multipart
    cd examples && SCREEN_URL=… SCREEN_FOLDER=… SCREEN_UNDECIDED=hold UPLOADS_FOLDER=… \
        python -m granian --interface asgi fastapi_uploads.app:app

Every upload gets the same answer, an id, and so does every id that is not published (404): one that was held, one that
waits, one that never was. The handlers are plain functions, so FastAPI runs them in its threads, and screening (some
10 ms a picture, seconds for a video) stops nobody else; for many videos take the queue consumer instead.
"""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse
from screening import Desk, desk_of

log = logging.getLogger(__name__)
MOST_BYTES = 20 << 20  # say the same to the proxy in front, which reads the upload first
SECONDS_BETWEEN_TRIES = 60.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """A missing setting, or a list that cannot be read, stops the start."""
    app.state.desk = desk_of()
    app.state.published = Path(os.environ["UPLOADS_FOLDER"])
    app.state.published.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    tries = threading.Thread(target=_try_again, args=(app, stopped))
    tries.start()
    yield
    stopped.set()
    tries.join()


app = FastAPI(lifespan=lifespan)


@app.post("/uploads", status_code=202)
def upload(file: UploadFile, request: Request) -> dict[str, str]:
    """The id under which the file can be seen once it is published."""
    data = file.file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise HTTPException(413, "The file is too large.")
    reference = uuid4().hex
    desk: Desk = request.app.state.desk
    if desk.admit(reference, data):
        publish(request.app, reference, data)
    return {"id": reference}


@app.get("/uploads/{reference}")
def show(reference: UUID, request: Request) -> FileResponse:
    path = request.app.state.published / reference.hex
    if not path.is_file():
        raise HTTPException(404, "There is no such file.")
    # Never let a browser guess what a stranger's bytes are.
    return FileResponse(path, headers={"X-Content-Type-Options": "nosniff"}, media_type="application/octet-stream")


def publish(app: FastAPI, reference: str, data: bytes) -> None:
    draft = app.state.published / f"{reference}.draft"
    draft.write_bytes(data)
    draft.replace(app.state.published / reference)


def settle(app: FastAPI) -> None:
    """Publish what waited and is clear; take down what was published unscreened and is listed."""
    for reference, data, is_clear in app.state.desk.again():
        if is_clear:
            publish(app, reference, data)
        else:
            (app.state.published / reference).unlink(missing_ok=True)


def _try_again(app: FastAPI, stopped: threading.Event) -> None:
    while not stopped.wait(SECONDS_BETWEEN_TRIES):
        try:
            settle(app)
        except OSError:
            log.exception("what waits could not be settled; it is tried again")
