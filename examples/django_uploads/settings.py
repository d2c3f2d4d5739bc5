"""Just enough of a project to try the storage: `DJANGO_SETTINGS_MODULE=django_uploads.settings django-admin runserver`.

cd examples && SECRET_KEY=… MEDIA_ROOT=… SCREEN_URL=… SCREEN_FOLDER=… SCREEN_UNDECIDED=hold …
"""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "uploads.example"]
ROOT_URLCONF = "django_uploads.urls"
MEDIA_ROOT = os.environ["MEDIA_ROOT"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
STORAGES = {"default": {"BACKEND": "django_uploads.storage.ScreenedStorage"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 << 20
