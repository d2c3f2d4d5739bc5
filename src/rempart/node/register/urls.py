from django.urls import path

from rempart.node.register import edit_views, views

app_name = "register"
urlpatterns = [
    path("register/", views.listing, name="list"),
    path("register/rounds", views.rounds, name="rounds"),
    path("register/<slug:code>/", views.member_page, name="member"),
    path("register/<slug:code>/revisions/<int:number>", views.revision, name="revision"),
    path("register/<slug:code>/commitments/new", edit_views.commitment, name="new_commitment"),
    path("register/<slug:code>/commitments/<int:number>", edit_views.commitment, name="commitment"),
    path("register/<slug:code>/contacts/new", edit_views.contact, name="new_contact"),
    path("register/<slug:code>/contacts/<int:number>", edit_views.contact, name="contact"),
    path("register/<slug:code>/language", edit_views.language, name="language"),
    path("register/<slug:code>/facts", edit_views.member_facts, name="facts"),
    path("register/<slug:code>/submit", edit_views.submit, name="submit"),
    path("register/<slug:code>/take-back", edit_views.take_back, name="take_back"),
    path("register/<slug:code>/discard", edit_views.discard, name="discard"),
    path("register/<slug:code>/publish", edit_views.publish, name="publish"),
]
