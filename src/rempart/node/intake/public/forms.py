"""The questions, one class per page. Every question says why it is asked."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rempart.core.content import CanonicalUrl
from rempart.core.vocabulary import Channel
from rempart.node import runtime
from rempart.node.intake.public.questions import (
    MAX_TEXT,
    YES_NO,
    StepForm,
    addresses_field,
    choice,
    languages,
    line,
    prose,
    read_addresses,
    read_link,
    read_name,
)


class WhatForm(StepForm):
    what = choice(
        _("What did you see?"),
        (
            ("addresses", _("A web page, an image, a video or a site: I have its address")),
            ("account", _("An account, a channel or a group in an app")),
            ("live", _("A live stream")),
            ("written", _("Someone wrote to a child in a way that worries me")),
        ),
        required=True,
    )
    whys = {"what": _("It decides which questions come next, so that you get only those that matter.")}


class AboutMeWhatForm(StepForm):
    what = choice(
        _("What is it about?"),
        (
            ("addresses", _("A picture or video of me is on a web page: I have its address")),
            ("account", _("An account, a channel or a group in an app shares it")),
            ("live", _("I was shown, or am to be shown, in a live stream")),
            ("written", _("Someone writes to me, threatens me or asks me for pictures")),
        ),
        required=True,
    )
    whys = WhatForm.whys


class AddressesForm(StepForm):
    addresses = addresses_field(
        _("Addresses"),
        _("One on each line; several at once are welcome. Onion addresses (.onion) too. You need not open them again."),
        required=True,
    )
    whys = {"addresses": _("The address tells us where it is stored, and so who can take it down.")}

    def clean_addresses(self) -> list[CanonicalUrl]:
        return read_addresses(self.cleaned_data["addresses"])


class AccountForm(StepForm):
    service = line(_("Which app or service?"), _("Its name, for example Example Chat."), required=True)
    account_kind = choice(
        _("What is it there?"),
        (("account", _("An account")), ("channel", _("A channel, group or room"))),
        required=True,
    )
    name = line(_("Its name"), _("As the service shows it. Spelling counts."), required=True)
    link = line(_("Its address, if you have it"), address=True)
    whys = {
        "service": _("We write to the people who run this service."),
        "name": _("The service finds the account by its exact name."),
        "link": _("An address is harder to mistake than a name."),
    }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        data["link_address"] = read_link(self)
        if data.get("service") and data.get("name"):
            data["canonical"] = read_name(self, data.get("account_kind", ""), data["service"], data["name"])
        return data


class LiveForm(StepForm):
    service = line(_("Which app, site or service?"), _("Its name, for example Example Live."), required=True)
    name = line(_("Account that shows it"), _("As the service shows it."))
    room = line(_("Name or number of the session or room"))
    link = line(_("Its address, if you have it"), address=True)
    live_when = line(
        _("When was it, or when will it be?"), _("For example: now; every Sunday evening; yesterday at 9 p.m.")
    )
    payment = line(_("How is it paid for?"), _("A payment service, a wallet, an account: whatever was mentioned."))
    whys = {
        "service": _("We write to the people who run this service, and to the police where they can act in time."),
        "name": _("At least one of account, session or address is needed to find it."),
        "live_when": _("A stream that is still running, or is announced, is treated first."),
        "payment": _("Payments often lead to the people behind a stream."),
    }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        link = data["link_address"] = read_link(self)
        place = data.get("room") or data.get("name") or (link.url if link else "")
        if not place and "link" not in self.errors:
            self.add_error("name", _("Write the account, the session or the address: one of the three is enough."))
        elif place and data.get("service"):
            data["canonical"] = read_name(self, "channel", data["service"], place[:256])
        return data


class WrittenForm(StepForm):
    story = prose(
        _("What was written, or what happened?"),
        _("Your own words or the text itself. Please write no names of children."),
        required=True,
        most=MAX_TEXT,
    )
    service = line(_("Which app or service was it?"))
    name = line(_("Name of the person who wrote, as the service shows it"))
    whys = {
        "story": _("Text alone is enough for a report. Do not send any picture."),
        "service": _("The people who run the service can stop the account."),
        "name": _("The service finds the account by its exact name."),
    }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("name"):
            data["canonical"] = read_name(self, "account", data.get("service", ""), data["name"])
        return data


CHANNELS = (
    ("", _("I do not know, or would rather not say")),
    (Channel.WEB.value, _("On a web page")),
    (Channel.SOCIAL.value, _("On a social network")),
    (Channel.MESSAGING.value, _("In a messaging app")),
    (Channel.EMAIL.value, _("In an e-mail")),
    (Channel.SEARCH.value, _("In a search engine")),
    (Channel.CLOUD_STORAGE.value, _("In shared cloud storage")),
    (Channel.PEER_TO_PEER.value, _("In a file-sharing network")),
    (Channel.LIVE_STREAM.value, _("In a live stream")),
    (Channel.ONION_SERVICE.value, _("On an onion service (Tor)")),
    (Channel.GAME.value, _("In a game")),
    (Channel.PHONE.value, _("On the phone, by call or text message")),
    (Channel.OFFLINE.value, _("Not online")),
)


class KnowForm(StepForm):
    danger = choice(_("Is a child in danger now?"), YES_NO)
    threat = choice(_("Is someone threatening to share pictures, or asking for money?"), YES_NO)
    seen_on = forms.DateField(
        label=_("When did you see it?"),
        required=False,
        help_text=_("The day is enough."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as year-month-day, for example 2026-03-02, or leave it empty.")},
    )
    channel = forms.ChoiceField(label=_("How did you come across it?"), required=False, choices=CHANNELS)
    comment = prose(_("Anything else we should know?"))
    whys = {
        "danger": _("Such reports are read first. If you can, call the emergency number as well."),
        "threat": _("Threats call for other steps than pictures alone, and for help to the person threatened."),
        "seen_on": _("What is recent may still be stopped at its source."),
        "channel": _("It shows where such material reaches people, in figures only."),
        "comment": _("Only if it helps to find or understand what you report."),
    }

    def clean_seen_on(self) -> date | None:
        day: date | None = self.cleaned_data["seen_on"]
        # Half the world is already in tomorrow, seen from UTC.
        if day and day > (runtime.clock().now() + timedelta(days=1)).date():
            raise ValidationError(_("This day is in the future. Check the year, or leave it empty."))
        return day


class YouForm(StepForm):
    contact_wish = choice(
        _("May we write to you?"),
        (
            ("", _("No. I stay unknown and look up my report with the receipt number")),
            ("yes", _("Yes, at the address I give below")),
        ),
    )
    contact = line(_("E-mail address or phone number"), _("Only if you chose yes."))
    spoken = forms.ChoiceField(
        label=_("Language you prefer"),
        required=False,
        choices=lambda: [("", gettext("The language of this page")), *languages()],
    )
    whys = {
        "contact_wish": _("You need not tell us who you are. A report without a name is treated the same."),
        "contact": _("It is kept encrypted with your report and used only for questions about it."),
        "spoken": _("So that an answer, or help, comes in a language you understand."),
    }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("contact_wish") == "yes" and not data.get("contact"):
            self.add_error("contact", _("Write an address or number, or choose to stay unknown."))
        return data


class YoungWhatForm(StepForm):
    happening = choice(
        _("What is happening?"),
        (
            ("picture", _("A picture or video of me is being shared")),
            ("threat", _("Someone says they will share pictures of me, or wants money or more pictures")),
            ("asked", _("Someone asks me for pictures, wants to meet me, or writes things that feel wrong")),
            ("live", _("Someone wants me, or made me, do things in front of a camera")),
            ("other", _("Something else")),
        ),
        required=True,
    )
    danger = choice(_("Are you in danger right now?"), YES_NO)
    whys = {
        "happening": _("It is not your fault. Choose what is closest, and we will know how to help."),
        "danger": _("If you are, call first. Then come back here if you like."),
    }


class YoungWhereForm(StepForm):
    story = prose(_("Tell us what happened"), _("In your own words. A few are enough."), most=MAX_TEXT)
    service = line(_("Which app, game or site?"))
    name = line(_("The other person's name there"))
    addresses = addresses_field(_("Links, if you have any"), _("One on each line."))
    whys = {
        "story": _("Never send us a picture. We do not need it."),
        "service": _("We can ask the app to stop the person and take things down."),
        "addresses": _("With a link we can find the picture and have it removed."),
    }

    def clean_addresses(self) -> list[CanonicalUrl]:
        return read_addresses(self.cleaned_data["addresses"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("name"):
            data["canonical"] = read_name(self, "account", data.get("service", ""), data["name"])
        if not self.errors and not (data.get("story") or data.get("canonical") or data.get("addresses")):
            self.add_error("story", _("Write a few words, or a name or a link: one of them is enough."))
        return data
