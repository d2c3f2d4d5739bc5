from django.urls import URLPattern, path

from rempart.node.intake.stopncii import views

app_name = "stopncii"
urlpatterns: list[URLPattern] = [path("v1/FetchHashes", views.fetch_hashes, name="fetch_hashes")]
