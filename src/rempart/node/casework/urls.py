from django.urls import path

from rempart.node.casework import care_views, views

app_name = "casework"
urlpatterns = [
    path("queue/", views.queue_list, name="queue"),
    path("queue/next", views.next_item, name="next"),
    path("cases/<int:content_id>/", views.case, name="case"),
    path("cases/<int:content_id>/claim", views.claim, name="claim"),
    path("cases/<int:content_id>/hand-back", views.hand_back, name="hand_back"),
    path("cases/<int:content_id>/assess", views.assess, name="assess"),
    path("cases/<int:content_id>/take-back", views.take_back, name="take_back"),
    path("cases/<int:content_id>/show", views.show, name="show"),
    path("cases/<int:content_id>/preview/<str:token>", views.preview, name="preview"),
    path("cases/<int:content_id>/messages/<int:report_id>", views.read_messages, name="read_messages"),
    path("cases/<int:content_id>/hold", views.place_hold, name="place_hold"),
    path("cases/<int:content_id>/release", views.release_hold, name="release_hold"),
    path("cases/<int:content_id>/go-on", views.go_on, name="go_on"),
    path("cases/<int:content_id>/restrict", care_views.restrict, name="restrict"),
    path("cases/<int:content_id>/lift", care_views.lift, name="lift"),
    path("cases/<int:content_id>/break-glass", care_views.break_glass, name="break_glass"),
    path("cases/<int:content_id>/note-opening", care_views.note_opening, name="note_opening"),
]
