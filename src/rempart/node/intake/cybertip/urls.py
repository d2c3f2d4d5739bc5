from django.urls import URLPattern, path, re_path

from rempart.node.intake.cybertip import views

app_name = "cybertip"
urlpatterns: list[URLPattern] = [
    path("status", views.status, name="status"),
    path("xsd", views.xsd, name="xsd"),
    path("submit", views.submit, name="submit"),
    path("upload", views.upload, name="upload"),
    path("fileinfo", views.fileinfo, name="fileinfo"),
    path("finish", views.finish, name="finish"),
    path("retract", views.retract, name="retract"),
    re_path(r"", views.unknown, name="unknown"),
]
