from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("referrals", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="file_erased_at",
            field=models.DateTimeField(blank=True, help_text="The digest stays.", null=True),
        ),
    ]
