"""What platforms' programs reach with their own credentials."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("ispws/", include("rempart.node.intake.cybertip.urls")),
    path("", include("rempart.node.intake.api.urls")),
]
