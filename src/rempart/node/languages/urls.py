from django.urls import path

from rempart.node.languages import views

app_name = "languages"
urlpatterns = [
    path("translations/", views.overview, name="list"),
    path("translations/<slug:language>/", views.language, name="language"),
    path("translations/<slug:language>/<slug:key>/", views.sentence, name="sentence"),
    path("translations/words/<int:number>/undo", views.undo, name="undo"),
]
