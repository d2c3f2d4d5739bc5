"""The three surfaces under one port, for development and the demo."""

from rempart.node import urls_machine, urls_public, urls_staff

urlpatterns = [*urls_machine.urlpatterns, *urls_staff.urlpatterns, *urls_public.urlpatterns]
