"""The import form of the lists page."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from rempart.node.lists.services import CATEGORY_LEGALITY
from rempart.node.phrases import phrase

MAX_UPLOAD_BYTES = 20 * 1024 * 1024


class ImportForm(forms.Form):
    """A file of fingerprints and the list it goes to."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("A CSV of hashes with a header line, or VICS JSON (its name ends in .json). At most 20 MB."),
    )
    name = forms.CharField(
        label=_("List"),
        max_length=120,
        help_text=_("A new name makes a new list; a name from the table above adds to that list."),
    )
    category = forms.ChoiceField(
        label=_("Category of entries that name none"),
        choices=[("", _("Choose one")), *((name, phrase(name, "legality")) for name in CATEGORY_LEGALITY)],
    )
    settles = forms.TypedChoiceField(
        label=_("What a match does"),
        choices=[
            ("yes", _("It settles the content without anyone viewing it")),
            ("no", _("It is shown to the analyst who decides")),
        ],
        coerce=lambda value: value == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > MAX_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than 20 MB. Import it with “rempart lists import FILE”."))
        return upload
