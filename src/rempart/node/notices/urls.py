from django.urls import path

from rempart.node.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.overview, name="list"),
    path("notices/<int:notice_id>/", views.detail, name="detail"),
    path("notices/<int:notice_id>/acknowledge", views.acknowledge, name="acknowledge"),
    path("notices/<int:notice_id>/refuse", views.refuse, name="refuse"),
]
