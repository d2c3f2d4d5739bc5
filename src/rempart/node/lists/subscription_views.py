"""Staff pages: which members' signals make which list here."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from rempart.core.errors import Conflict, InputError
from rempart.core.permissions import Permission
from rempart.node.lists import policies, showing
from rempart.node.lists.showing import Subscription
from rempart.node.lists.subscription_forms import PolicyForm
from rempart.node.phrases import Text
from rempart.node.staff.access import person_of, requires


@dataclass(frozen=True, slots=True)
class Row:
    """A list and its policy in words."""

    facts: Subscription
    members: tuple[str, ...]
    excluded: tuple[str, ...]
    categories: tuple[Text, ...]
    vetoes: Text
    vetoers: tuple[str, ...]


@requires(Permission.LISTS_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The lists that follow from signals, each with its policy."""
    context = {
        "rows": [_row(one) for one in showing.subscriptions()],
        "may_change": person_of(request).may(Permission.LISTS_MANAGE),
    }
    return render(request, "lists/subscriptions.html", context)


@requires(Permission.LISTS_MANAGE)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, list_id: int = 0) -> HttpResponse:
    """Make a list (0), or change the policy of one; the worker folds it then."""
    found = next((one for one in showing.subscriptions() if one.list_id == list_id), None)
    if list_id and found is None:
        raise Http404
    known = policies.members().countries
    form = PolicyForm(request.POST or None, members=known, before=found)
    if request.method == "POST" and form.is_valid() and _keep(form, found, person_of(request).actor):
        messages.success(request, _("The policy is kept; the list follows within seconds."), extra_tags="done")
        return redirect("lists:subscriptions")
    status = 422 if request.method == "POST" else 200
    return render(request, "lists/subscription.html", {"form": form, "row": found}, status=status)


def _keep(form: PolicyForm, before: Subscription | None, actor: str) -> bool:
    name = before.name if before else form.cleaned_data["name"]
    try:
        policies.set_policy(name, form.changes, settles=form.cleaned_data["settles"], actor=actor)
    except (Conflict, InputError) as error:
        form.add_error("governments" if before else "name", f"{error.what} {error.advice}")
        return False
    return True


def _row(facts: Subscription) -> Row:
    policy = facts.policy
    words = dict(PolicyForm.CATEGORIES)
    return Row(
        facts,
        policy.members,
        policy.excluded,
        tuple(words[name] for name in policy.categories) if len(policy.categories) < len(words) else (),
        PolicyForm.VETOES[policy.vetoes],
        policy.vetoers,
    )
