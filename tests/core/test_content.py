import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.content import (
    MAX_URL_CHARACTERS,
    canonical_account,
    canonical_channel,
    canonical_url,
    classify,
    is_onion_v3,
    registrable_domain,
    split_lines,
)
from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import ItemKind


def onion(key: bytes, version: bytes = b"\x03") -> str:
    checksum = hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
    return base64.b32encode(key + checksum + version).decode().lower() + ".onion"


ONION = onion(bytes(range(32)))
ONION_VERSION_2_BYTE = onion(bytes(32), b"\x02")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("site.example", "http://site.example/"),
        ("  https://SITE.example./A/../b?q=1#top ", "https://site.example/b?q=1"),
        ("https://user:secret@site.example:443/x", "https://site.example/x"),
        ("http://site.example:8080/x", "http://site.example:8080/x"),
        ("site.example:8080/x", "http://site.example:8080/x"),
        ("//site.example/x", "http://site.example/x"),
        ("hxxp://site[.]example/a[.]html", "http://site.example/a.html"),
        ("hXXps://site(.)example", "https://site.example/"),
        ("hxxps[:]//site[dot]example/x", "https://site.example/x"),
        ("hxxps[://]site.example/x", "https://site.example/x"),
        ("https://site.example/list[.]x", "https://site.example/list[.]x"),
        ("ftp://files.site.example/x", "ftp://files.site.example/x"),
        ("http://0xC0000201/", "http://192.0.2.1/"),
        ("192.0.2.7/x", "http://192.0.2.7/x"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
        ("https://site.example?", "https://site.example/"),
        ("http:\\\\site.example\\x", "http://site.example/x"),
    ],
)
def test_spellings_of_one_address_become_one(text: str, url: str) -> None:
    assert canonical_url(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "a page I saw yesterday",
        "http://site.example/my picture",
        "http://localhost/x",
        "javascript:alert(1)",
        "mailto:a@site.example",
        "someone@site.example",
        "data:text/html,x",
        "http://",
        "http://.example/",
        "http://a..example/",
        "http://a.example../",
        "http://site.example:99999/",
        "http://256.0.2.1/",
        "http://a,b.example/",
        "http://-a.example/",
        f"http://{'a' * 64}.example/",
        "site.example\x00",
        "....",
        "tel:+1.555",
    ],
)
def test_nonsense_is_refused_with_advice_and_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_url(text, where="address")
    assert caught.value.advice
    assert caught.value.where == "address"
    assert len(text.strip()) < 4 or text.strip() not in str(caught.value)


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        canonical_url("http://site.example/" + "a" * MAX_URL_CHARACTERS)
    with pytest.raises(LimitExceeded):
        canonical_url("http://site.example/" + "é" * (MAX_URL_CHARACTERS // 3))


def test_parts_of_a_canonical_url() -> None:
    found = canonical_url("https://img.shop.site.co.uk:8443/x")
    assert (found.scheme, found.host, found.registrable_domain) == ("https", "img.shop.site.co.uk", "site.co.uk")
    assert not found.is_onion
    assert canonical_url("http://[2001:db8::1]/").host == "2001:db8::1"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.b.site.example", "site.example"),
        ("site.example", "site.example"),
        ("www.site.co.uk", "site.co.uk"),
        ("co.uk", "co.uk"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        (f"www.{ONION}", ONION),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


hosts = st.from_regex(r"[a-zA-Z0-9ßéА-Яа-я]{1,10}(\.[a-zA-Z0-9é-]{1,8}){0,3}\.?", fullmatch=True)
addresses = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "http://", "HTTPS://", "hxxp://", "ftp://", "//", "http:", "hxxps[://]", "http://u:p@"]),
        st.one_of(hosts, hosts.map(lambda host: host.replace(".", "[.]")), st.sampled_from([ONION, "[2001:db8::1]"])),
        st.sampled_from(["", ":80", ":443", ":0", ":08080"]),
        st.sampled_from(["", "/", "//", "/a/../..", "/%7e%2F", "\\x", "/[.]", "/[[.].]"]),
        st.text(max_size=20).map(lambda text: f"/{text}?{text}#{text}"),
    ),
)


@given(addresses)
def test_canonical_form_is_stable(text: str) -> None:
    try:
        once = canonical_url(text)
    except InputError:
        return
    assert canonical_url(once.url) == once
    assert once.scheme in ("http", "https", "ftp")
    assert "#" not in once.url
    assert "@" not in once.url.split("/")[2]
    assert once.is_onion == once.host.endswith(".onion")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 55), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_wrong_letter_breaks_an_onion_address(key: bytes, place: int, letter: str) -> None:
    name = onion(key)
    assert is_onion_v3(name)
    wrong = name[:place] + letter + name[place + 1 :]
    # A 16-bit checksum lets one typing error in 65,536 pass; the version and the key's canonical text do not.
    if wrong != name and onion(base64.b32decode(wrong[:56].upper())[:32]) != wrong:
        assert not is_onion_v3(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://abcdefghij234567.onion/", "version 2"),
        (f"http://{ONION[1:]}/", "mistyped"),
        (f"http://{ONION_VERSION_2_BYTE}/", "mistyped"),
        (f"http://{'1' * 56}.onion/", "mistyped"),
    ],
)
def test_wrong_onion_addresses_say_why(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        classify(text)


def test_classify() -> None:
    assert classify("site.example/x") is ItemKind.URL
    assert classify(ONION.upper()) is ItemKind.ONION
    assert classify(f"https://www.{ONION}/x") is ItemKind.ONION
    assert not is_onion_v3("onion")


def test_split_lines_keeps_order_and_drops_repeats() -> None:
    text = "http://a.example\n\n <http://b.example> \r\n'http://a.example'\nhttp://c.example http://d.example\n"
    assert split_lines(text) == ["http://a.example", "http://b.example", "http://c.example", "http://d.example"]


def test_split_lines_leaves_a_space_inside_one_address_to_be_refused() -> None:
    assert split_lines("http://a.example/my picture.jpg") == ["http://a.example/my picture.jpg"]


@pytest.mark.parametrize(
    ("platform", "name"), [("Example Chat", "@Robin"), (" example  chat", "Robin "), ("EXAMPLE\u200b Chat", "＠Robin")]
)
def test_spellings_of_one_account_become_one(platform: str, name: str) -> None:
    assert canonical_account(platform, name) == "account:example chat/Robin"
    assert canonical_channel(platform, name) == "channel:example chat/Robin"


@pytest.mark.parametrize(
    ("platform", "name"), [("", "x"), ("chat", " @ "), ("https://chat.example", "x"), ("／", "x"), ("chat", "x" * 257)]
)
def test_incomplete_accounts_are_refused(platform: str, name: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_account(platform, name)
    assert caught.value.advice


@given(st.text(max_size=30), st.text(max_size=30))
def test_account_keys_are_stable(platform: str, name: str) -> None:
    try:
        key = canonical_account(platform, name)
    except InputError:
        return
    service, identifier = key.removeprefix("account:").split("/", 1)
    assert canonical_account(service, identifier) == key
