"""What staff reach after logging in."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", include("rempart.node.staff.urls")),
    path("staff/", include("rempart.node.casework.urls")),
    path("staff/", include("rempart.node.notices.urls")),
    path("staff/", include("rempart.node.referrals.urls")),
    path("staff/", include("rempart.node.lists.urls")),
    path("staff/", include("rempart.node.audit.urls")),
]
