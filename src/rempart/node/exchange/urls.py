"""Pages for staff."""

from django.urls import path

from rempart.node.exchange import health_views, views

app_name = "exchange"
urlpatterns = [
    path("exchange/", health_views.page, name="health"),
    path("signals/", views.overview, name="signals"),
    path("signals/<int:content_id>/", views.content, name="content"),
    path("signals/<int:content_id>/recall", views.recall, name="recall"),
    path("signals/<int:content_id>/dispute", views.dispute, name="dispute"),
]
