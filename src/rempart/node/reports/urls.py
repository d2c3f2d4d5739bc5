from django.urls import path

from rempart.node.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.overview, name="overview"),
    path("reports/list", views.listed, name="listed"),
    path("reports/ask", views.ask, name="ask"),
    path("reports/<int:edition_id>/publish", views.publish, name="publish"),
    path("reports/<int:edition_id>/<slug:form>", views.download, name="download"),
    path("reports/declared/<slug:kind>/<int:year>", views.statements, name="statements"),
    path("reports/declared/<slug:kind>/<int:year>/state", views.state, name="state"),
]
