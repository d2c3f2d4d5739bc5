"""Content, fingerprints, queue, assessment, second look, police hold, exposure."""
