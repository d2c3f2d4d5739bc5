from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "rempart.node.planning"
    label = "planning"
    default_auto_field = "django.db.models.BigAutoField"
