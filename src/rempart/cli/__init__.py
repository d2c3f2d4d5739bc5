"""The command line `rempart`: the edge that turns errors into messages and exit codes."""
