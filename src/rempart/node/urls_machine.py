"""What platforms' programs reach with their own credentials."""

from django.urls import URLPattern, URLResolver, include, path

from rempart.node import surface

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", surface.health, name="health"),
    path("ispws/", include("rempart.node.intake.cybertip.urls")),
    path("hashsharing/", include("rempart.node.intake.hash_sharing.urls")),
    path("stopncii/", include("rempart.node.intake.stopncii.urls")),
    path("", include("rempart.node.intake.api.urls")),
    path("", include("rempart.node.exchange.machine_urls")),
]

handler400, handler403, handler404 = surface.bad_request, surface.refused, surface.not_found
