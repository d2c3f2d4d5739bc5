"""The page of published reports, one address per language."""

from django.urls import path

from rempart.node.reports import public_views

app_name = "public-reports"
urlpatterns = [path("reports/", public_views.page, name="page")]
