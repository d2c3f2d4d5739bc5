"""The Django project of one member's node. Apps call each other's `services`, never models or views."""
