"""The log's public files: no language, no cookie. The layout is that of c2sp.org/tlog-tiles."""

from django.urls import path

from rempart.node.exchange import serving

app_name = "log-files"
urlpatterns = [
    path("log/checkpoint", serving.checkpoint, name="checkpoint"),
    path("log/vkey", serving.vkey, name="vkey"),
    path("log/tile/<path:path>", serving.tile, name="tile"),
    path("log/heads", serving.heads, name="heads"),
    path("log/witnessed", serving.witnessed, name="witnessed"),
    path("log/proofs", serving.proofs, name="proofs"),
]
