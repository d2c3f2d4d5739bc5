"""The log's public files: no language, no cookie. The layout is that of c2sp.org/tlog-tiles."""

from django.urls import path, re_path

from rempart.node.exchange import serving

app_name = "log-files"
urlpatterns = [
    path("log/checkpoint", serving.checkpoint, name="checkpoint"),
    path("log/vkey", serving.vkey, name="vkey"),
    path("log/tile/<path:path>", serving.tile, name="tile"),
    path("log/heads", serving.heads, name="heads"),
    path("log/witnessed", serving.witnessed, name="witnessed"),
    path("log/proofs", serving.proofs, name="proofs"),
    path("log/declarations/heads", serving.declaration_heads, name="declaration-heads"),
    re_path(r"^log/declarations/(?P<digest>[0-9a-f]{64})\.json$", serving.declaration, name="declaration"),
    path("log/declarations/<slug:kind>.json", serving.own_declaration, name="own-declaration"),
]
