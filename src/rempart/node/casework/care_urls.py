from django.urls import path

from rempart.node.casework import care_views

app_name = "care"
urlpatterns = [
    path("care/", care_views.care, name="own"),
    path("care/team", care_views.team, name="team"),
]
