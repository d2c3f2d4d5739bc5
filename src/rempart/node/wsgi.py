"""WSGI entry of one surface; the server is granian."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from rempart.adapters import lifeline
from rempart.node.serving import check_served

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rempart.node.settings")
check_served(settings.MODE, settings.SURFACE)
# The server that started this process, killed, could not stop it.
lifeline.watch_starter()
application = get_wsgi_application()

# The collector would walk all modules and models again and again in search of the few cycles a request leaves:
# what stands now stays for the process's life, so it is not walked again, and new objects are collected less often.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 10, 10)
