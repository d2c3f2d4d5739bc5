from django.urls import path

from rempart.node.casework import evidence_views

app_name = "evidence"
urlpatterns = [
    path("evidence/", evidence_views.releases, name="list"),
    path("evidence/<int:release_id>/", evidence_views.release_page, name="detail"),
    path("evidence/<int:release_id>/decide", evidence_views.decide, name="decide"),
    path("evidence/<int:release_id>/take", evidence_views.take, name="take"),
]
