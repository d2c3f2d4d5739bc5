from django.db import migrations

from rempart.adapters.vault import lock_of, seal_for
from rempart.node.runtime import vault


def lock(apps, schema_editor):
    """Reports to which messages may follow get their lock, and their messages are sealed anew under it."""
    reports = apps.get_model("intake", "Report").objects.filter(platform__isnull=True, message_lock=b"")
    messages = apps.get_model("intake", "Message").objects
    for report in reports.only("reference", "wrapped_key").iterator():
        key = vault().unwrap(bytes(report.wrapped_key), report.reference)
        context = f"{report.reference}/message".encode()
        report.message_lock = lock_of(key)
        report.save(update_fields=["message_lock"])
        for message in messages.filter(report=report):
            text = vault().open(key, bytes(message.sealed), context)
            message.sealed = seal_for(report.message_lock, text, context)
            message.save(update_fields=["sealed"])


class Migration(migrations.Migration):

    dependencies = [
        ("intake", "0002_credentials_and_locks"),
    ]

    operations = [migrations.RunPython(lock, migrations.RunPython.noop)]
