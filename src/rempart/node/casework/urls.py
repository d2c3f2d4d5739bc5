from django.urls import path

from rempart.node.casework import alike_views, care_views, queue_views, views

app_name = "casework"
urlpatterns = [
    path("queue/", queue_views.queue_list, name="queue"),
    path("queue/next", queue_views.next_item, name="next"),
    path("queue/progress", queue_views.progress, name="progress"),
    path("queue/views", queue_views.save_view, name="save_view"),
    path("queue/views/<int:view_id>", queue_views.change_view, name="change_view"),
    path("search/", queue_views.search, name="search"),
    path("cases/<int:content_id>/", views.case, name="case"),
    path("cases/<int:content_id>/claim", views.claim, name="claim"),
    path("cases/<int:content_id>/renew", views.renew, name="renew"),
    path("cases/<int:content_id>/hand-back", views.hand_back, name="hand_back"),
    path("cases/<int:content_id>/assess", views.assess, name="assess"),
    path("cases/<int:content_id>/undo", views.undo, name="undo"),
    path("cases/<int:content_id>/take-back", views.take_back, name="take_back"),
    path("cases/<int:content_id>/note", views.add_note, name="add_note"),
    path("cases/<int:content_id>/alike", alike_views.preview, name="alike"),
    path("cases/<int:content_id>/alike/decide", alike_views.decide, name="decide_alike"),
    path("cases/<int:content_id>/alike/undo", alike_views.undo, name="undo_alike"),
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
