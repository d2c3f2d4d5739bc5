"""Everything that touches the outside: files, clock, DNS, registries, mail and HTTP. No web framework."""
