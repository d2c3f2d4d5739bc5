from django.urls import path

from rempart.node.intake.public import receipt_views, views

app_name = "public"
urlpatterns = [
    path("", views.home, name="home"),
    path("report/", views.fill, {"flow": "report"}, name="report"),
    path("me/", views.fill, {"flow": "me"}, name="me"),
    path("young/", views.fill, {"flow": "young"}, name="young"),
    path("services/", views.services, name="services"),
    path("privacy/", views.privacy, name="privacy"),
    path("receipt/", receipt_views.receipt, name="receipt"),
    path("receipt/file/", receipt_views.receipt_file, name="receipt-file"),
]
