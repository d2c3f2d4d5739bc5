from django.urls import URLPattern

app_name = "cybertip"
urlpatterns: list[URLPattern] = []
