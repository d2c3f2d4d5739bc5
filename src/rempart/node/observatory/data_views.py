"""Open data: the page and the file that list every data set, and the files themselves. They set no cookie."""

import hashlib
import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.formats import tables
from rempart.node.datasets import CONTENT_TYPES, FORMS, Dataset
from rempart.node.open_data import DATASETS

_public = cache_control(public=True, max_age=60)
INDEX_FORMAT = "rempart open data 1"


@_public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The page, in the visitor's language; names and descriptions of data are English, as in the files."""
    listed = [
        (each, tables.schema(each.columns), [(form, _address(each, form)) for form in FORMS]) for each in DATASETS
    ]
    return render(request, "observatory/open_data.html", {"listed": listed})


@_public
@require_safe
def index_json(request: HttpRequest) -> HttpResponse:
    found = {
        "format": INDEX_FORMAT,
        "organisation": settings.ORGANISATION,
        "country": settings.COUNTRY,
        "datasets": [
            {
                "key": each.key,
                "title": each.title,
                "description": each.description,
                "files": {form: _address(each, form) for form in FORMS},
                "columns": tables.schema(each.columns),
            }
            for each in DATASETS
        ],
    }
    return _answer(request, _as_text(found), "json", "index.json")


@_public
@require_safe
def file(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """One data set as a file. An unchanged one answers 304 to who has it already."""
    chosen = next((each for each in DATASETS if each.key == key), None)
    if chosen is None:
        raise Http404
    return _answer(request, _written(chosen, form), form, f"{key}.{form}")


def _written(chosen: Dataset, form: str) -> bytes:
    if form == "csv":
        return tables.as_csv(chosen.table())
    if form == "parquet":
        return tables.as_parquet(chosen.table())
    return _as_text(chosen.document()) if chosen.document else tables.as_json(chosen.table())


def _as_text(found: object) -> bytes:
    return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _answer(request: HttpRequest, body: bytes, form: str, name: str) -> HttpResponse:
    tag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type=CONTENT_TYPES[form])
        if form != "json":
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["ETag"] = tag
    # Anybody may compute with these files, a page of another site too.
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _address(chosen: Dataset, form: str) -> str:
    return reverse("open-data:file", kwargs={"key": chosen.key, "form": form})
