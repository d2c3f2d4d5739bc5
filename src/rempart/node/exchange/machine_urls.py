"""What members' nodes and vetted platforms fetch with a credential, and what logs ask of a witness without one."""

from django.urls import path

from rempart.node.exchange import calling, receiving, serving

app_name = "exchange-machine"
urlpatterns = [
    path("exchange/bundle/<path:path>", serving.bundle, name="bundle"),
    path("exchange/witness/add-checkpoint", calling.add_checkpoint, name="witness"),
    path("exchange/hint", calling.hint, name="hint"),
    path("exchange/feedback", receiving.feedback, name="feedback"),
]
