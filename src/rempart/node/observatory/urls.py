"""Pages of figures, one address per language and period; beside each figure of the alliance its table as files."""

from django.urls import path, re_path

from rempart.node.observatory import views

_KEY, _PERIOD, _FORM = r"(?P<key>[a-z-]+)", r"(?P<period>[0-9]{4})", r"(?P<form>json|csv|parquet)"

app_name = "observatory"
urlpatterns = [
    path("figures/", views.page, name="figures"),
    re_path(r"^figures/(?P<period>[0-9]{4}(?:-[0-9]{2})?)/$", views.page, name="figures"),
    path("observatory/", views.overview, name="overview"),
    re_path(rf"^observatory/{_KEY}/$", views.figure, name="figure"),
    re_path(rf"^observatory/{_KEY}/{_PERIOD}/$", views.figure, name="figure"),
    re_path(rf"^observatory/{_KEY}\.{_FORM}\Z", views.figure_file, name="figure-file"),
    re_path(rf"^observatory/{_KEY}/{_PERIOD}\.{_FORM}\Z", views.figure_file, name="figure-file"),
]
