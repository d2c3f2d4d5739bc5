"""A language's translation as it stands, as a `.po` file to be brought back into the repository."""

from rempart.node.languages import po, reviewing
from rempart.node.languages.reviewing import Standing


def exported(language: str) -> bytes:
    """Every sentence in the order of the pages; `#. machine` stands over those that nobody has confirmed."""
    catalog = po.empty(language)
    for entry in reviewing.entries(language):
        sentence = entry.sentence
        machine = entry.standing is Standing.MACHINE
        po.put(catalog, sentence.context, sentence.english, entry.text, machine_made=machine)
    return po.written(catalog, language)
