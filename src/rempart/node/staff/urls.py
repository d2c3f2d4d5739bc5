from django.urls import path

from rempart.node.staff import own_views, people_views, views

app_name = "staff"
urlpatterns = [
    path("", views.home, name="home"),
    path("login", views.log_in, name="login"),
    path("login/factor", views.factor, name="factor"),
    path("logout", views.log_out, name="logout"),
    path("confirm", views.confirm, name="confirm"),
    path("enrol/<str:token>", own_views.enrol, name="enrol"),
    path("set-up", own_views.set_up, name="set_up"),
    path("account/", own_views.account, name="account"),
    path("account/app", own_views.add_app, name="add_app"),
    path("account/key", own_views.add_key, name="add_key"),
    path("account/factors/<int:number>/remove", own_views.remove_factor, name="remove_factor"),
    path("account/recovery-codes", own_views.recovery_codes, name="recovery_codes"),
    path("account/recovery-codes/new", own_views.new_recovery_codes, name="new_recovery_codes"),
    path("account/password", own_views.change_password, name="change_password"),
    path("account/language", own_views.choose_language, name="choose_language"),
    path("account/logins/<int:number>/end", own_views.end_login, name="end_login"),
    path("account/links/known", own_views.links_known, name="links_known"),
    path("account/links/<int:number>/refuse", own_views.refuse_link, name="refuse_link"),
    path("people/", people_views.people, name="people"),
    path("people/add", people_views.add, name="add_person"),
    path("people/<int:number>/", people_views.person, name="person"),
    path("people/<int:number>/roles", people_views.change_roles, name="change_roles"),
    path("people/<int:number>/close", people_views.close, name="close_person"),
    path("people/<int:number>/enrol", people_views.enrol_anew, name="enrol_anew"),
    path("people/links/<int:number>/approve", people_views.approve_link, name="approve_link"),
    path("people/links/<int:number>/end", people_views.end_link_request, name="end_link_request"),
    path("people/<int:number>/logins/<int:login>/end", people_views.end_login, name="end_persons_login"),
]
