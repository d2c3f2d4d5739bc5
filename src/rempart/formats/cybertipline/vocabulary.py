"""The protocol's enumerations, and how they map to this project's words.

Source: the public schema of the CyberTipline Reporting API.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rempart.core.vocabulary import Characteristic, Offence


class IncidentType(StrEnum):
    """The eight kinds of incident; the values are the protocol's own wording and appear only on the wire."""

    CHILD_PORNOGRAPHY = "Child Pornography (possession, manufacture, and distribution)"
    SEX_TRAFFICKING = "Child Sex Trafficking"
    SEX_TOURISM = "Child Sex Tourism"
    MOLESTATION = "Child Sexual Molestation"
    MISLEADING_DOMAIN = "Misleading Domain Name"
    MISLEADING_WORDS = "Misleading Words or Digital Images on the Internet"
    ENTICEMENT = "Online Enticement of Children for Sexual Acts"
    UNSOLICITED_MATERIAL = "Unsolicited Obscene Material Sent to a Child"


@dataclass(frozen=True, slots=True)
class IncidentMeaning:
    """What an incident type suggests before anyone has assessed it.

    `names_a_child` is true where the incident is about a child a person has access to, not about material alone.
    """

    offences: frozenset[Offence]
    names_a_child: bool = False


INCIDENT_MEANINGS: dict[IncidentType, IncidentMeaning] = {
    IncidentType.CHILD_PORNOGRAPHY: IncidentMeaning(
        frozenset({Offence.POSSESSION, Offence.PRODUCTION, Offence.DISTRIBUTION})
    ),
    IncidentType.SEX_TRAFFICKING: IncidentMeaning(frozenset({Offence.TRADE}), names_a_child=True),
    IncidentType.SEX_TOURISM: IncidentMeaning(frozenset({Offence.TRADE}), names_a_child=True),
    IncidentType.MOLESTATION: IncidentMeaning(frozenset({Offence.PRODUCTION}), names_a_child=True),
    IncidentType.MISLEADING_DOMAIN: IncidentMeaning(frozenset()),
    IncidentType.MISLEADING_WORDS: IncidentMeaning(frozenset()),
    IncidentType.ENTICEMENT: IncidentMeaning(frozenset({Offence.SOLICITATION}), names_a_child=True),
    IncidentType.UNSOLICITED_MATERIAL: IncidentMeaning(frozenset({Offence.SOLICITATION}), names_a_child=True),
}


class ReportAnnotation(StrEnum):
    SEXTORTION = "sextortion"
    CSAM_SOLICITATION = "csamSolicitation"
    MINOR_TO_MINOR = "minorToMinorInteraction"
    SPAM = "spam"
    SADISTIC_EXPLOITATION = "sadisticOnlineExploitation"
    INFORMATIONAL = "informational"
    """Sent by a common client, absent from the schema; read and filed as a deviation."""


class FileAnnotation(StrEnum):
    DRAWN_OR_VIRTUAL = "animeDrawingVirtualHentai"
    POTENTIAL_MEME = "potentialMeme"
    VIRAL = "viral"
    POSSIBLE_SELF_PRODUCTION = "possibleSelfProduction"
    PHYSICAL_HARM = "physicalHarm"
    VIOLENCE_GORE = "violenceGore"
    BESTIALITY = "bestiality"
    LIVE_STREAMING = "liveStreaming"
    INFANT = "infant"
    GENERATIVE_AI = "generativeAi"


ANNOTATION_OFFENCES: dict[ReportAnnotation, Offence] = {
    ReportAnnotation.SEXTORTION: Offence.EXTORTION,
    ReportAnnotation.CSAM_SOLICITATION: Offence.SOLICITATION,
}

ANNOTATION_CHARACTERISTICS: dict[ReportAnnotation | FileAnnotation, Characteristic] = {
    ReportAnnotation.SEXTORTION: Characteristic.SEXTORTION,
    FileAnnotation.DRAWN_OR_VIRTUAL: Characteristic.VIRTUAL_OR_GENERATED,
    FileAnnotation.GENERATIVE_AI: Characteristic.VIRTUAL_OR_GENERATED,
    FileAnnotation.POSSIBLE_SELF_PRODUCTION: Characteristic.SELF_GENERATED,
    FileAnnotation.LIVE_STREAMING: Characteristic.LIVE_STREAMED,
}


class FileRelevance(StrEnum):
    REPORTED = "Reported"
    SUPPLEMENTAL = "Supplemental Reported"


class IpEventName(StrEnum):
    LOGIN = "Login"
    REGISTRATION = "Registration"
    PURCHASE = "Purchase"
    UPLOAD = "Upload"
    OTHER = "Other"
    UNKNOWN = "Unknown"


class Code(IntEnum):
    """Response codes; 0 is success, everything else travels with HTTP 200 as well."""

    OK = 0
    SERVER_ERROR = 1000
    SAVE_FAILED = 1100
    UPLOAD_FAILED = 1110
    FILE_UPLOAD_FAILED = 1111
    RESOURCE_NOT_FOUND = 1210
    UPDATE_FAILED = 1300
    AUTHENTICATION_REQUIRED = 2000
    NOT_AUTHORISED = 3000
    NOT_AUTHORISED_FOR_REPORT = 3100
    NOT_AUTHORISED_FOR_CALL = 3300
    INVALID_REQUEST = 4000
    VALIDATION_FAILED = 4100
    MALFORMED_XML = 4110
    MALFORMED_FILE = 4200
    NO_SUCH_REPORT = 5001
    NO_SUCH_FILE = 5002
    ALREADY_RETRACTED = 5101
    ALREADY_FINISHED = 5102

    @property
    def description(self) -> str:
        return _DESCRIPTIONS[self]


_DESCRIPTIONS: dict[Code, str] = {
    Code.OK: "Success",
    Code.SERVER_ERROR: "The receiver failed; send the request again later",
    Code.SAVE_FAILED: "The report could not be stored; send it again later",
    Code.UPLOAD_FAILED: "The upload could not be stored; send it again later",
    Code.FILE_UPLOAD_FAILED: "The file could not be stored; send it again later",
    Code.RESOURCE_NOT_FOUND: "There is no such resource",
    Code.UPDATE_FAILED: "The report could not be updated; send the request again later",
    Code.AUTHENTICATION_REQUIRED: "Authentication is required",
    Code.NOT_AUTHORISED: "The account is not authorised",
    Code.NOT_AUTHORISED_FOR_REPORT: "The account is not authorised for this report",
    Code.NOT_AUTHORISED_FOR_CALL: "The account is not authorised for this call",
    Code.INVALID_REQUEST: "The request is not valid",
    Code.VALIDATION_FAILED: "The document does not contain what is needed to understand it",
    Code.MALFORMED_XML: "The body is not well-formed XML of the expected kind",
    Code.MALFORMED_FILE: "The file is not acceptable",
    Code.NO_SUCH_REPORT: "There is no such report",
    Code.NO_SUCH_FILE: "There is no such file",
    Code.ALREADY_RETRACTED: "The report was already retracted",
    Code.ALREADY_FINISHED: "The report was already finished",
}
