"""Figures as files, at addresses that stay and belong to no language."""

from django.urls import path

from rempart.node.observatory import views

app_name = "open-data"
urlpatterns = [
    path("figures.json", views.as_json, name="json"),
    path("figures.csv", views.as_csv, name="csv"),
]
