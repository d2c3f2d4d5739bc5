from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "rempart.node.hosting"
    label = "hosting"
    default_auto_field = "django.db.models.BigAutoField"
