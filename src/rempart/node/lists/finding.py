"""Lists by name and by number."""

from rempart.core.errors import NotFound
from rempart.node.lists.models import HashList

FOLD_STEP = "fold"
"""The step that makes lists follow what members said; its subject is always the same."""
FOLD_SUBJECT = "all"
PUBLISH_STEP = "publish_list"
"""The step that brings a shared list's feed up to date; its subject is the list's id."""


def name_of(list_id: int) -> str:
    """Raises NotFound."""
    name = HashList.objects.filter(pk=list_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound("There is no such list.", where="list")
    return name


def list_called(name: str) -> int:
    """Raises NotFound."""
    list_id = HashList.objects.filter(name=" ".join(name.split())).values_list("pk", flat=True).first()
    if list_id is None:
        raise NotFound("There is no list of this name.", where="list", advice="See `rempart lists show`.")
    return list_id
