"""Open data, at addresses that stay and belong to no language."""

from django.urls import path, re_path

from rempart.node.observatory import data_views

app_name = "open-data"
urlpatterns = [
    path("open-data/", data_views.index, name="index"),
    path("open-data/index.json", data_views.index_json, name="index-json"),
    re_path(r"^open-data/(?P<key>[a-z][a-z_-]*)\.(?P<form>json|csv|parquet)\Z", data_views.file, name="file"),
]
