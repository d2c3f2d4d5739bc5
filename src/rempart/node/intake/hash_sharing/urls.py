from django.urls import URLPattern, path, re_path

from rempart.node.intake.hash_sharing import views

app_name = "hash_sharing"
urlpatterns: list[URLPattern] = [
    path("v2/status", views.status, name="status"),
    path("v2/members", views.members, name="members"),
    path("v2/entries", views.entries, name="entries"),
    path("v2/entries/<str:member>/<str:entry>/<str:kind>/feedback", views.feedback, name="feedback"),
    path("v2/feedback/<str:kind>/reasons", views.reasons, name="reasons"),
    re_path(r"", views.unknown, name="unknown"),
]
