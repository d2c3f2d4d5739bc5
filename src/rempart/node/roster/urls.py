"""The versions of the roster, for members and for anyone, in one folder of the public log."""

from django.urls import path

from rempart.node.roster import views

app_name = "roster"
urlpatterns = [
    path("current.json", views.newest, name="newest"),
    path("<int:version>.json", views.version, name="version"),
]
