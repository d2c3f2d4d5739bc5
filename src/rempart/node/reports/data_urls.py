"""Files of published reports, at addresses that stay and belong to no language."""

from django.urls import re_path

from rempart.node.reports import public_views

app_name = "report-files"
urlpatterns = [
    re_path(
        r"^open-data/reports/(?P<name>[a-z0-9-]{1,60})\.(?P<form>pdf|html|json|csv)\Z", public_views.file, name="file"
    )
]
