"""What staff reach after logging in."""

from django.urls import URLPattern, URLResolver, include, path

from rempart.node import surface

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", surface.health, name="health"),
    path("staff/", include("rempart.node.staff.urls")),
    path("staff/", include("rempart.node.casework.urls")),
    path("staff/", include("rempart.node.casework.care_urls")),
    path("staff/", include("rempart.node.casework.evidence_urls")),
    path("staff/", include("rempart.node.notices.urls")),
    path("staff/", include("rempart.node.referrals.urls")),
    path("staff/", include("rempart.node.lists.urls")),
    path("staff/", include("rempart.node.exchange.urls")),
    path("staff/", include("rempart.node.register.urls")),
    path("staff/", include("rempart.node.retention.urls")),
    path("staff/", include("rempart.node.observatory.staff_urls")),
    path("staff/", include("rempart.node.audit.urls")),
]

handler400, handler403, handler404 = surface.bad_request, surface.refused, surface.not_found
