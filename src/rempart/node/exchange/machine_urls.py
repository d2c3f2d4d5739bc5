"""What members' nodes and vetted platforms fetch with a credential."""

from django.urls import path

from rempart.node.exchange import serving

app_name = "exchange-machine"
urlpatterns = [path("exchange/bundle/<path:path>", serving.bundle, name="bundle")]
