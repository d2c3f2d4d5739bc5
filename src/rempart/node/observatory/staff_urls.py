"""Staff pages of the figures."""

from django.urls import path

from rempart.node.observatory import staff_views

app_name = "figures"
urlpatterns = [
    path("figures/declare/", staff_views.declared, name="declared"),
    path("figures/declare/enter", staff_views.enter, name="enter"),
]
