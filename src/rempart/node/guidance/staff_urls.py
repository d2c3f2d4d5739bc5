from django.urls import path

from rempart.node.guidance import staff_views

app_name = "help_lines"
urlpatterns = [
    path("help-lines/", staff_views.overview, name="list"),
    path("help-lines/<slug:code>/", staff_views.country, name="country"),
    path("help-lines/<int:number>/confirm", staff_views.confirm, name="confirm"),
    path("help-lines/<int:number>/withdraw", staff_views.withdraw, name="withdraw"),
]
