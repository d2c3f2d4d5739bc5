from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "rempart.node.guidance"
    label = "guidance"
    default_auto_field = "django.db.models.BigAutoField"
