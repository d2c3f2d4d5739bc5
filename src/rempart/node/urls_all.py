"""The three surfaces under one port, for development and the demo."""

from rempart.node import surface, urls_machine, urls_public, urls_staff

urlpatterns = [*urls_machine.urlpatterns, *urls_staff.urlpatterns, *urls_public.urlpatterns]

handler400, handler403, handler404 = surface.bad_request, surface.refused, surface.not_found
