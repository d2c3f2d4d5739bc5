from django.urls import path

from rempart.node.lists import views

app_name = "lists"
urlpatterns = [
    path("lists/", views.overview, name="list"),
    path("lists/feedback", views.feedback, name="feedback"),
    path("lists/import", views.import_file, name="import"),
]
