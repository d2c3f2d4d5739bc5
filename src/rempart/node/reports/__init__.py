"""Yearly reports and the transparency reports that the law asks for, made from published figures alone."""
