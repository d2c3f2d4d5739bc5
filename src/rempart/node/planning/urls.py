from django.urls import path

from rempart.node.planning import views

app_name = "planning"
urlpatterns = [
    path("planning/", views.start, name="start"),
    path("planning/<int:number>/", views.show, name="show"),
    path("planning/<int:number>/progress", views.progress, name="progress"),
    path("planning/<int:number>/delete", views.delete, name="delete"),
]
