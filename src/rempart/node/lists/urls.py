from django.urls import path

from rempart.node.lists import subscription_views, views

app_name = "lists"
urlpatterns = [
    path("lists/", views.overview, name="list"),
    path("lists/feedback", views.feedback, name="feedback"),
    path("lists/import", views.import_file, name="import"),
    path("lists/subscriptions", subscription_views.overview, name="subscriptions"),
    path("lists/subscriptions/new", subscription_views.change, name="subscribe"),
    path("lists/subscriptions/<int:list_id>", subscription_views.change, name="subscription"),
]
