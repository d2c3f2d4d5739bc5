"""WSGI entry of one surface; the server is granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rempart.node.settings")
application = get_wsgi_application()
