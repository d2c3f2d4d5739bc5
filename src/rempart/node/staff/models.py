from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models

from rempart.core.permissions import Permission, may
from rempart.core.vocabulary import Role


def validate_roles(value: object) -> None:
    if not isinstance(value, list) or not all(role in set(Role) for role in value):
        raise ValidationError("Roles are a list of the alliance's role names.")


class StaffManager(BaseUserManager["StaffMember"]):
    def create_user(
        self, username: str, password: str | None, roles: list[Role], display_name: str = ""
    ) -> "StaffMember":
        """Without a password nobody can log in until an enrolment link sets one."""
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
    # The time step of the last code that was accepted: neither it nor an earlier one is taken again (RFC 6238, 5.2).
    code_step = models.BigIntegerField(default=0)
    # What they chose to read the workplace in; empty: as the browser says.
    language = models.CharField(max_length=8, default="", blank=True)

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


class Login(models.Model):
    """One login of one person; a session counts only while its row stands.

    `factor` is how the second factor was shown; while it is empty, only the pages that set one up open.
    """

    person = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="logins")
    factor = models.CharField(max_length=20, default="", blank=True)
    browser = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    proved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "ended_at"], name="login_person_ended")]


class Enrolment(models.Model):
    """A link with which a person sets password and second factor, once. Only its digest is kept."""

    person = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="enrolments")
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class LinkRequest(models.Model):
    """A new link to somebody's account: asked for by one person, given by another, or made on the machine.

    `asked_by` is empty where a command made it; `operator` then says which account of the machine ran the command.
    `known_at` is when the person concerned said that they know of it.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"

    person = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="link_requests")
    is_first = models.BooleanField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(StaffMember, on_delete=models.CASCADE, null=True, related_name="+")
    operator = models.CharField(max_length=120, default="", blank=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(StaffMember, on_delete=models.CASCADE, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    known_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state="asked"), name="link_request_one_waits"
            ),
        ]


class Attempts(models.Model):
    """Wrong attempts in a row on one door: a name tried from strange browsers, or one known browser."""

    door = models.BinaryField(max_length=32, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()


class Allowance(models.Model):
    """What is left of wrong passwords at all names together, from one kind of browser.

    It is whole again at `full_at`; each attempt moves that on by the time one takes to come back.
    """

    door = models.BinaryField(max_length=32, unique=True)
    full_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
