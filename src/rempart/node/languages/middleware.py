"""Before a page in some language: what people corrected meanwhile."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_path

from rempart.node.languages import corrections


class CorrectionsMiddleware:
    """Public pages alone: what staff read is not corrected here. It comes before the language is chosen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if get_language_from_path(request.path_info):
            corrections.look()
        return self.get_response(request)
