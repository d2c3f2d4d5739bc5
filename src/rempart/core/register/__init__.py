"""The register of the alliance: who is a member since when, and what each member states of itself."""
