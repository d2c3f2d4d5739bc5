"""The page on the log, one address per language."""

from django.urls import path

from rempart.node.exchange import public_views

app_name = "log"
urlpatterns = [path("log/", public_views.page, name="page")]
