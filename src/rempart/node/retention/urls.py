from django.urls import path

from rempart.node.retention import hold_views, redaction_views, views

app_name = "retention"
urlpatterns = [
    path("retention/", views.overview, name="overview"),
    path("retention/requests/", views.requests_page, name="requests"),
    path("retention/requests/new", views.ask, name="ask"),
    path("retention/requests/<int:request_id>", views.request_page, name="request"),
    path("retention/requests/<int:request_id>/decide", views.decide, name="decide"),
    path("retention/holds/", hold_views.holds_page, name="holds"),
    path("retention/holds/place", hold_views.place, name="place_hold"),
    path("retention/holds/<int:hold_id>/extend", hold_views.extend, name="extend_hold"),
    path("retention/holds/<int:hold_id>/release", hold_views.release, name="release_hold"),
    path("retention/redaction/", redaction_views.texts, name="texts"),
    path("retention/redaction/<str:kind>/<int:text_id>", redaction_views.text, name="text"),
    path("retention/redaction/<str:kind>/<int:text_id>/read", redaction_views.read, name="read_text"),
    path("retention/redaction/<str:kind>/<int:text_id>/redact", redaction_views.redact, name="redact"),
]
