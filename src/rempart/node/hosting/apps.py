from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "rempart.node.hosting"
    label = "hosting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rempart.node.hosting import outside

        outside.check()
