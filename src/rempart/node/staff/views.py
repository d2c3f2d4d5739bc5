"""Login and logout; both are events."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.staff.models import StaffMember

# Where each kind of work begins; the first the person may see is their start page.
START_PAGES = (
    (Permission.QUEUE_VIEW, "casework:queue"),
    (Permission.REFERRAL_VIEW, "referrals:list"),
    (Permission.LISTS_VIEW, "lists:list"),
    (Permission.AUDIT_VIEW, "audit:list"),
)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the first page their roles allow."""
    person = cast(StaffMember, request.user)
    for permission, page in START_PAGES:
        if person.may(permission):
            return redirect(page)
    return render(request, "staff/home.html")


class Login(LoginView):
    template_name = "staff/login.html"
    redirect_authenticated_user = True

    @transaction.atomic
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        audit.record("staff:login", form.get_user().actor, actor=form.get_user().actor)
        return response

    @transaction.atomic
    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # What was typed is not recorded: it may be a password in the wrong field.
        audit.record("staff:login_failed", "staff:unknown", actor="public")
        return super().form_invalid(form)


class Logout(LogoutView):
    @transaction.atomic
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            person = request.user
            audit.record("staff:logout", person.actor, actor=person.actor)
        return super().post(request, *args, **kwargs)
