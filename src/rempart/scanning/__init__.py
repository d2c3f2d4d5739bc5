"""Bulk scanning: many inputs compared with lists, on one machine or several.

`inputs` says what is scanned, `examine` takes fingerprints, `matching` compares them, `pipeline` keeps every core busy
in bounded memory, `resume` lets a scan be cut off at any point, `outputs` writes what was found.
"""
