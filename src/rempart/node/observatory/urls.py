"""Pages of figures, one address per language and period."""

from django.urls import path, re_path

from rempart.node.observatory import views

app_name = "observatory"
urlpatterns = [
    path("figures/", views.page, name="figures"),
    re_path(r"^figures/(?P<period>[0-9]{4}(?:-[0-9]{2})?)/$", views.page, name="figures"),
]
