"""The field's words as enumerations; every stored or exchanged value comes from here.

Sources: the alliance's domain glossary, INTERPOL's baseline, INHOPE's ICCAM code tables.
"""

from enum import StrEnum


class Source(StrEnum):
    """Who reported."""

    PUBLIC = "public"
    VICTIM_SELF = "victim_self"
    PLATFORM = "platform"
    MEMBER = "member"
    POLICE = "police"
    PROACTIVE = "proactive"


class Channel(StrEnum):
    """Where the reported thing was met."""

    WEB = "web"
    SOCIAL = "social"
    MESSAGING = "messaging"
    EMAIL = "email"
    SEARCH = "search"
    CLOUD_STORAGE = "cloud_storage"
    PEER_TO_PEER = "peer_to_peer"
    LIVE_STREAM = "live_stream"
    ONION_SERVICE = "onion_service"
    GAME = "game"
    PHONE = "phone"
    OFFLINE = "offline"


class ItemKind(StrEnum):
    """What a report item is."""

    URL = "url"
    ONION = "onion"
    ACCOUNT = "account"
    CHANNEL = "channel"
    LIVE_STREAM = "live_stream"
    FILE = "file"
    HASH = "hash"
    TEXT = "text"


class Legality(StrEnum):
    """An assessment's result, held per country."""

    BASELINE = "baseline"
    NATIONAL = "national"
    NOT_ILLEGAL = "not_illegal"
    UNDETERMINED = "undetermined"

    @property
    def is_illegal(self) -> bool:
        return self in (Legality.BASELINE, Legality.NATIONAL)


class AgeBand(StrEnum):
    INFANT = "infant"
    PRE_PUBESCENT = "pre_pubescent"
    PUBESCENT = "pubescent"
    NOT_DETERMINED = "not_determined"


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"
    BOTH = "both"
    NOT_DETERMINED = "not_determined"


class Offence(StrEnum):
    """Kinds of offence an assessment can name; several may apply."""

    PRODUCTION = "production"
    DISTRIBUTION = "distribution"
    TRADE = "trade"
    POSSESSION = "possession"
    VIEWING = "viewing"
    SOLICITATION = "solicitation"
    LIVE_STREAMED_ABUSE = "live_streamed_abuse"
    EXTORTION = "extortion"


class Characteristic(StrEnum):
    """Observed flags, apart from legality."""

    VIRTUAL_OR_GENERATED = "virtual_or_generated"
    SELF_GENERATED = "self_generated"
    SEXTORTION = "sextortion"
    LIVE_STREAMED = "live_streamed"
    COMMERCIAL = "commercial"


class SiteType(StrEnum):
    WEBSITE = "website"
    FILE_HOST = "file_host"
    IMAGE_STORE = "image_store"
    IMAGE_BOARD = "image_board"
    FORUM = "forum"
    BANNER = "banner"
    LINK_SITE = "link_site"
    SOCIAL_NETWORK = "social_network"
    REDIRECTOR = "redirector"
    WEB_ARCHIVE = "web_archive"
    SEARCH = "search"
    IMAGE_HOST = "image_host"
    BLOG = "blog"
    NOT_APPLICABLE = "not_applicable"


class Commerciality(StrEnum):
    NOT_DETERMINED = "not_determined"
    YES = "yes"
    NO = "no"


class IndustryClass(StrEnum):
    """US industry classification of a file by a platform."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"


class FingerprintType(StrEnum):
    """`photodna` is carried for others, never computed."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    VPDQ = "vpdq"
    PHOTODNA = "photodna"


class Basis(StrEnum):
    """What an assessment rests on."""

    LIST_MATCH = "list_match"
    PRIOR_ASSESSMENT = "prior_assessment"
    ANALYST = "analyst"


class ReportState(StrEnum):
    RECEIVED = "received"
    TRIAGED = "triaged"
    IN_REVIEW = "in_review"
    ASSESSED = "assessed"
    ACTIONED = "actioned"
    CLOSED = "closed"
    REOPENED = "reopened"


class SecondLook(StrEnum):
    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    ARBITRATED = "arbitrated"


class NoticeState(StrEnum):
    DRAFT = "draft"
    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REMOVED = "removed"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    ESCALATED = "escalated"


class ReferralState(StrEnum):
    """`proposed` waits for a person's recorded decision; nothing about a person leaves before it."""

    PROPOSED = "proposed"
    QUEUED = "queued"
    EXPORTED = "exported"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    FEEDBACK = "feedback"
    WITHDRAWN = "withdrawn"


class RouteKind(StrEnum):
    """Who is competent for content found in a country."""

    OWN_HOST = "own_host"
    MEMBER = "member"
    NON_MEMBER = "non_member"
    POLICE = "police"


class Availability(StrEnum):
    """What a check found out; `not_checked` is said honestly where no way to check exists."""

    REACHABLE = "reachable"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    NOT_CHECKED = "not_checked"


class DetectionMethod(StrEnum):
    """XARF v4 `detection_method`."""

    HASH_MATCH = "hash_match"
    AI_DETECTION = "ai_detection"
    MANUAL_REVIEW = "manual_review"
    USER_REPORT = "user_report"
    AUTOMATED_SCAN = "automated_scan"


class Role(StrEnum):
    ANALYST = "analyst"
    SENIOR_ANALYST = "senior_analyst"
    LE_LIAISON = "le_liaison"
    VICTIM_SPECIALIST = "victim_specialist"
    LIST_MANAGER = "list_manager"
    STATISTICIAN = "statistician"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
