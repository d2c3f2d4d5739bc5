"""Public pages of the register, one address per language."""

from django.urls import path

from rempart.node.register import public_views

app_name = "members"
urlpatterns = [
    path("members/", public_views.listing, name="list"),
    path("members/<slug:code>/", public_views.detail, name="member"),
    path("members/<slug:code>/<int:number>/", public_views.version, name="version"),
]
