from django.urls import path

from rempart.node.guidance import views

app_name = "guidance"
urlpatterns = [
    path("advice/", views.overview, name="list"),
    path("advice/<slug:who>/", views.advice, name="advice"),
    path("awareness/<slug:key>/", views.awareness, name="awareness"),
    path("help/", views.help_lines, name="help"),
    path("help/<slug:code>/", views.help_lines_of, name="help-of"),
]
