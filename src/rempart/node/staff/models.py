from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models

from rempart.core.permissions import Permission, may
from rempart.core.vocabulary import Role


def validate_roles(value: object) -> None:
    if not isinstance(value, list) or not all(role in set(Role) for role in value):
        raise ValidationError("Roles are a list of the alliance's role names.")


class StaffManager(BaseUserManager["StaffMember"]):
    def create_user(self, username: str, password: str, roles: list[Role], display_name: str = "") -> "StaffMember":
        person = self.model(username=username, roles=[str(role) for role in roles], display_name=display_name)
        person.set_password(password)
        person.full_clean(exclude=["password"])
        person.save()
        return person


class StaffMember(AbstractBaseUser):
    """A person who works at this node; what they may do follows from `roles` alone."""

    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120, default="", blank=True)
    roles = models.JSONField(default=list, validators=[validate_roles])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StaffManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def actor(self) -> str:
        """The name events know this person by."""
        return f"staff:{self.pk}"

    def may(self, permission: Permission) -> bool:
        return self.is_active and may([Role(role) for role in self.roles], permission)
