"""A node that is not in production says so on every page and answers its own machine only."""

import pytest
from django.test import Client

from rempart.node.surface import LoopbackMiddleware

PAGES = ("/en/", "/fr/", "/staff/login", "/en/nothing/", "/staff/nothing")


@pytest.mark.parametrize(("mode", "said"), [("dev", b"DEVELOPMENT MODE"), ("demo", b"DEMONSTRATION")])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_so(db, settings, mode, said, path):
    settings.MODE = mode
    page = Client().get(path).content
    assert page.count(said) == 1
    assert page.index(said) < page.index(b"<header")


@pytest.mark.parametrize("path", PAGES)
def test_in_production_no_page_does(db, settings, path):
    settings.MODE = "production"
    assert b"mode-banner" not in Client().get(path).content


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "10.0.0.1", "", "localhost", "127.0.0.1, 192.0.2.7"])
def test_others_are_refused(db, address):
    response = Client(REMOTE_ADDR=address).get("/en/")
    assert response.status_code == 403
    assert b"its own machine only" in response.content


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_answered(db, address):
    assert Client(REMOTE_ADDR=address).get("/en/").status_code == 200


def test_it_stands_before_everything_else(settings):
    assert settings.MIDDLEWARE[0] == f"{LoopbackMiddleware.__module__}.{LoopbackMiddleware.__name__}"
