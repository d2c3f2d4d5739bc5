"""What is kept how long: rules that run by themselves, holds that stop them, erasure on request, redaction."""
