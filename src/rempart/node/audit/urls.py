from django.urls import path

from rempart.node.audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.chain, name="list"),
    path("audit/verify", views.verify, name="verify"),
    path("audit/export", views.export, name="export"),
]
