"""A drop-in for python-threatexchange: https://pypi.org/project/threatexchange

    from rempart.plugins.threatexchange import PDQIndex     # instead of threatexchange.signal_type.pdq.pdq_index
    from rempart.plugins.threatexchange import PdqSignal    # instead of threatexchange.signal_type.pdq.signal
    tx config extensions add rempart.plugins.threatexchange

The first line changes one index. Asking for `PdqSignal` or `TX_MANIFEST` (which is what tx does) calls `adopt`: the
package's own PDQ signal type then uses our index and hashing everywhere in the process. Indexes stored as pickles by
the package are refused; build them again once. The manifest also brings `RempartListExchange`, which fetches list
feeds.
"""

from typing import TYPE_CHECKING

from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from rempart.plugins.threatexchange.exchange import RempartListExchange
from rempart.plugins.threatexchange.index import InvalidSignal, PDQFlatIndex, PDQIndex
from rempart.plugins.threatexchange.payload import allow
from rempart.plugins.threatexchange.signal import adopt

if TYPE_CHECKING:
    from threatexchange.signal_type.pdq.signal import PdqSignal

    TX_MANIFEST: ThreatExchangeExtensionManifest

__all__ = [
    "TX_MANIFEST",
    "InvalidSignal",
    "PDQFlatIndex",
    "PDQIndex",
    "PdqSignal",
    "RempartListExchange",
    "adopt",
    "allow",
]


def __getattr__(name: str) -> object:
    """Names that have an effect have it when asked for, so that importing the index alone changes nothing else."""
    if name == "PdqSignal":
        return adopt()
    if name == "TX_MANIFEST":
        adopt()
        return ThreatExchangeExtensionManifest(apis=(RempartListExchange,))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
