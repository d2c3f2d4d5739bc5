"""What anyone may reach: the form, receipts, figures. Each page has one address per language.

An address without a language leads to the one the browser prefers (`LocaleMiddleware`); nothing is stored for it.
Files of figures and of the log belong to no language.
"""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from rempart.node import surface

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", surface.health, name="health"),
    path("", include("rempart.node.observatory.data_urls")),
    path("log/roster/", include("rempart.node.roster.urls")),
    path("", include("rempart.node.exchange.log_urls")),
    *i18n_patterns(
        path("", include("rempart.node.observatory.urls")),
        path("", include("rempart.node.register.public_urls")),
        path("", include("rempart.node.exchange.public_urls")),
        path("", include("rempart.node.intake.public.urls")),
    ),
]

handler400, handler403, handler404 = surface.bad_request, surface.refused, surface.not_found
