"""A page with a form, as any project has one. It knows nothing of screening; the storage does it."""

from django import forms
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import format_html

MOST_BYTES = 20 << 20


class UploadForm(forms.Form):
    file = forms.FileField(max_length=100)

    def clean_file(self) -> object:
        if self.cleaned_data["file"].size > MOST_BYTES:
            raise forms.ValidationError("The file is too large.")
        return self.cleaned_data["file"]


def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(
            format_html(
                '<form method="post" enctype="multipart/form-data"><input type="hidden" name="csrfmiddlewaretoken"'
                ' value="{}">{}<button>Send</button></form>',
                get_token(request),
                UploadForm().as_p(),
            )
        )
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    name = default_storage.save("upload", form.cleaned_data["file"])  # never by the name a stranger gave it
    return JsonResponse({"id": name}, status=202)


def show(request: HttpRequest, name: str) -> FileResponse:
    """The same 404 for what is held, what waits and what never was."""
    if not default_storage.exists(name):
        raise Http404
    return FileResponse(
        default_storage.open(name), as_attachment=True, filename=name, content_type="application/octet-stream"
    )


urlpatterns = [path("uploads", upload), path("uploads/<slug:name>", show)]
