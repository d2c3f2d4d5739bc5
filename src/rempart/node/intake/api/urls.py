from django.urls import URLPattern, URLResolver, path

from rempart.node.intake.api.views import api

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls)]
