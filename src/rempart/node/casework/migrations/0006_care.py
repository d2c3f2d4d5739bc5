"""Choices of how images are shown, budgets, restricted cases, releases of evidence."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0005_notes_and_views'),
        ('staff', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BrokenGlass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('seen_at', models.DateTimeField(blank=True, help_text='When the owner took note.', null=True)),
            ],
            options={
                'verbose_name_plural': 'broken glass',
            },
        ),
        migrations.CreateModel(
            name='BudgetDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('reason', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField()),
                ('recipient', models.CharField(max_length=200)),
                ('legal_basis', models.CharField(max_length=300)),
                ('reason', models.TextField()),
                ('digest', models.BinaryField(max_length=32)),
                ('approved', models.BooleanField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_reason', models.TextField(blank=True, default='')),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ReleaseFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stored_file', models.BigIntegerField()),
                ('sha256', models.BinaryField(max_length=32)),
                ('size', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(blank=True, default='', max_length=20)),
                ('reason', models.TextField()),
                ('placed_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RestrictionMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='ViewingPreferences',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='viewing_preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('size', models.CharField(max_length=10)),
                ('blur', models.CharField(max_length=10)),
                ('grey', models.BooleanField()),
                ('seconds', models.PositiveSmallIntegerField()),
                ('last_step', models.PositiveSmallIntegerField()),
                ('images_per_day', models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'viewing preferences',
            },
        ),
        migrations.AddField(
            model_name='exposure',
            name='blur',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='exposure',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='exposure',
            name='fetched_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='exposure',
            name='max_side',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='exposure',
            name='seconds',
            field=models.PositiveSmallIntegerField(default=30),
        ),
        migrations.AlterField(
            model_name='exposure',
            name='how',
            field=models.CharField(help_text='grey-blurred-small, grey-sharp, ...', max_length=40),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(fields=['person', 'at'], name='exposure_of_person'),
        ),
        migrations.AddField(
            model_name='brokenglass',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='broken_glass', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='budgetdecision',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budget_decisions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='release',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decided_releases', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='release',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='releasefile',
            name='content',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='released_files', to='casework.content'),
        ),
        migrations.AddField(
            model_name='releasefile',
            name='release',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='casework.release'),
        ),
        migrations.AddField(
            model_name='restriction',
            name='content',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to='casework.content'),
        ),
        migrations.AddField(
            model_name='restriction',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='owned_restrictions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='brokenglass',
            name='restriction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='broken', to='casework.restriction'),
        ),
        migrations.AddField(
            model_name='restrictionmember',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restricted_cases', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='restrictionmember',
            name='restriction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='casework.restriction'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='release_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='releasefile',
            constraint=models.UniqueConstraint(fields=('release', 'content'), name='released_once'),
        ),
        migrations.AddConstraint(
            model_name='restriction',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('content',), name='one_standing_restriction'),
        ),
        migrations.AddConstraint(
            model_name='restrictionmember',
            constraint=models.UniqueConstraint(fields=('restriction', 'person'), name='restriction_member_once'),
        ),
    ]
