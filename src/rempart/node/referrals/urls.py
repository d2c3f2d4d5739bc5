from django.urls import path

from rempart.node.referrals import views

app_name = "referrals"
urlpatterns = [
    path("referrals/", views.overview, name="list"),
    path("referrals/<int:referral_id>/", views.detail, name="detail"),
    path("referrals/<int:referral_id>/decide", views.decide, name="decide"),
    path("referrals/<int:referral_id>/withdraw", views.withdraw, name="withdraw"),
]
