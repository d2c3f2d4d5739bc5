"""What anyone may reach: the form, receipts, figures."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("rempart.node.observatory.urls")),
    path("", include("rempart.node.intake.public.urls")),
]
