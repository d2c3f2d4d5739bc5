"""Every page of the workplace against every role: what the table of permissions says is what happens."""

from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from rempart.core.permissions import TABLE, Permission
from rempart.core.vocabulary import Role
from rempart.node import urls_staff

OPEN = frozenset({":health", "staff:login", "staff:factor", "staff:logout", "staff:enrol"})
"""What strangers reach, by name: nothing else may be."""
SET_UP = frozenset({"staff:set_up", "staff:add_app", "staff:add_key"})
"""What a login without a second factor reaches besides: the pages that set one up."""
OWN = frozenset(
    {
        "staff:home",
        "staff:confirm",
        "staff:account",
        "staff:remove_factor",
        "staff:recovery_codes",
        "staff:new_recovery_codes",
        "staff:change_password",
        "staff:choose_language",
        "staff:end_login",
        "staff:links_known",
        "staff:refuse_link",
    }
)
"""What everybody logged in reaches: their own account."""
BY_ROLE = {
    Role.ANALYST: "ana",
    Role.SENIOR_ANALYST: "sacha",
    Role.LE_LIAISON: "luis",
    Role.VICTIM_SPECIALIST: "vera",
    Role.LIST_MANAGER: "lin",
    Role.STATISTICIAN: "stan",
    Role.AUDITOR: "aude",
    Role.ADMINISTRATOR: "adam",
}
_VALUES = {"int": 987654, "str": "nothing", "slug": "nothing", "uuid": "00000000-0000-4000-8000-000000000000"}


def _patterns(
    patterns: list[URLPattern | URLResolver], space: str = "", path: str = "/"
) -> Iterator[tuple[str, str, Callable[..., object]]]:
    """Name, an example path and the view of each staff address."""
    for one in patterns:
        here = path + _example(one)
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns, one.namespace or space, here)
        else:
            yield f"{space}:{one.name}", here, one.callback


def _example(one: URLPattern | URLResolver) -> str:
    route = str(one.pattern)
    for name, converter in one.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        route = route.replace(f"<{kind}:{name}>", str(_VALUES[kind])).replace(f"<{name}>", str(_VALUES[kind]))
    assert "<" not in route, f"no example value for {route}"
    return route


PAGES = list(_patterns(urls_staff.urlpatterns))
GUARDED = [(name, path, view) for name, path, view in PAGES if name not in OPEN | SET_UP | OWN]
BEHIND_BOTH_FACTORS = [(name, path, view) for name, path, view in PAGES if name not in OPEN | SET_UP]
BEHIND_A_LOGIN = [(name, path, view) for name, path, view in PAGES if name not in OPEN]


def test_there_are_pages():
    names = {name for name, _, _ in PAGES}
    assert {"casework:queue", "casework:show", "lists:list", "audit:list", *OPEN, *SET_UP, *OWN} <= names


@pytest.mark.parametrize(("name", "path", "view"), GUARDED, ids=[name for name, _, _ in GUARDED])
class TestEveryPage:
    def test_names_the_permission_it_needs(self, name, path, view):
        assert isinstance(getattr(view, "required_permission", None), Permission), (
            f"{name} has no rule: put @requires(Permission.…) on its view"
        )

    def test_opens_to_the_roles_of_the_table_alone(self, name, path, view, people):
        for role, person in BY_ROLE.items():
            client = Client()
            client.force_login(people[person])
            for response in (client.get(path), client.post(path)):
                refused = b"Your roles do not allow this page" in response.content
                allowed = view.required_permission in TABLE[role]
                assert refused is not allowed, f"{role} on {name}: {response.status_code}"
                assert (response.status_code == 403) is refused or allowed

    def test_a_closed_account_gets_nowhere(self, name, path, view, people):
        client = Client()
        client.force_login(people["sacha"])
        type(people["sacha"]).objects.filter(pk=people["sacha"].pk).update(is_active=False)
        assert client.get(path).status_code in (302, 403)

    def test_a_post_needs_the_pages_own_token(self, name, path, view, people):
        holder = next(role for role in Role if view.required_permission in TABLE[role])
        client = Client(enforce_csrf_checks=True)
        client.force_login(people[BY_ROLE[holder]])
        assert client.post(path).status_code in (403, 405)


@pytest.mark.parametrize(("name", "path", "view"), BEHIND_A_LOGIN, ids=[name for name, _, _ in BEHIND_A_LOGIN])
def test_strangers_are_asked_to_log_in(name, path, view, db):
    for response in (Client().get(path), Client().post(path)):
        if not (name in SET_UP and response.status_code == 405):
            assert response.status_code == 302
            assert response["Location"].startswith("/staff/login")


@pytest.mark.parametrize(
    ("name", "path", "view"), BEHIND_BOTH_FACTORS, ids=[name for name, _, _ in BEHIND_BOTH_FACTORS]
)
class TestWithoutASecondFactor:
    def test_a_login_leads_to_the_set_up_and_nowhere_else(self, name, path, view, people):
        Authenticator.objects.all().delete()
        for role, person in BY_ROLE.items():
            client = Client()
            client.force_login(people[person], factor="")
            for response in (client.get(path), client.post(path)):
                assert (response.status_code, response["Location"]) == (302, "/staff/set-up"), f"{role} on {name}"

    def test_nor_does_the_view_itself_let_it_in(self, name, path, view, people, rf):
        """The middleware stands before every page; the guards of the views hold without it."""
        for method in (rf.get, rf.post):
            request = method(path)
            request.user = people["sacha"]
            request.staff_login = None
            response = view(request)
            assert response.status_code == 302
            assert response["Location"].startswith("/staff/login")


def test_the_set_up_opens_without_one(people):
    Authenticator.objects.all().delete()
    client = Client()
    client.force_login(people["ana"], factor="")
    for path in ("/staff/set-up", "/staff/account/app", "/staff/account/key"):
        assert client.get(path).status_code == 200


def test_the_whole_map_is_the_one_in_use():
    """What is tested here is what the node serves."""
    served = {name for name in get_resolver("rempart.node.urls_all").reverse_dict if isinstance(name, str)}
    spaces = {name.partition(":")[0] for name, _, _ in PAGES} - {""}
    assert spaces <= set(get_resolver("rempart.node.urls_all").namespace_dict), served


def test_no_page_of_the_library_is_mounted():
    """Its login, sign-up, mail and factor pages would be ways around ours."""
    names = {name for name, _, _ in PAGES}
    assert not {name for name in names if name.partition(":")[2].startswith(("account_", "mfa_", "socialaccount_"))}
    for path in ("accounts/login/", "accounts/signup/", "staff/accounts/login/", "staff/2fa/", "accounts/2fa/"):
        assert Client().get(f"/{path}").status_code == 404


@pytest.mark.parametrize("role", Role)
def test_everybody_has_a_start_page_that_opens(role, people):
    client = Client()
    client.force_login(people[BY_ROLE[role]])
    assert client.get("/staff/", follow=True).status_code == 200
