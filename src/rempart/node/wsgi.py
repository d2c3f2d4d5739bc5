"""WSGI entry of one surface; the server is granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rempart.node.settings")
application = get_wsgi_application()

# The collector would walk all modules and models again and again in search of the few cycles a request leaves:
# what stands now stays for the process's life, so it is not walked again, and new objects are collected less often.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 10, 10)
