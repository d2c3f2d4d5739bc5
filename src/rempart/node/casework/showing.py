"""A picture of a content for one showing: an image as it is, a video as a few stills. Rendered in the sandbox."""

from rempart.core.exposure import Rendering
from rempart.node.casework import videos
from rempart.node.casework.decoding import decoder, in_memory, read_limited, stills_decoder
from rempart.node.intake import services as intake


def picture(content_id: int, file_id: int, how: Rendering) -> bytes:
    """A JPEG without any metadata. Whoever calls has recorded the showing. Raises InputError and LimitExceeded."""
    chunks = intake.file_bytes(file_id)
    if at := videos.moments(content_id):
        with in_memory(chunks) as file:
            return stills_decoder().stills(file, at, max_side=how.max_side, grey=how.grey, blur=how.blur)
    return decoder().preview(read_limited(chunks), max_side=how.max_side, grey=how.grey, blur=how.blur)
