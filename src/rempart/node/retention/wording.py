"""What staff read for the stored names of this part."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from rempart.core.redaction import Ground
from rempart.core.retention import DataKind, LegalBasis
from rempart.node.phrases import Text
from rempart.node.retention.models import ErasureRequest, Redaction

KINDS: Mapping[str, Text] = {
    DataKind.REPORT: _("Whole reports"),
    DataKind.REPORT_FILES: _("Files of reports"),
    DataKind.REPORT_ORIGINALS: _("Exact bytes of reports"),
    DataKind.REPORT_MESSAGES: _("Messages of reporters"),
    DataKind.CASE_NOTES: _("Notes on cases"),
    DataKind.EXPOSURES: _("Exposure records"),
    DataKind.NOTICE_MESSAGES: _("Messages to hosts"),
    DataKind.REFERRAL_FILES: _("Referral files"),
}
SUBJECTS: Mapping[str, Text] = {
    ErasureRequest.Subject.REPORTER: _("A reporter"),
    ErasureRequest.Subject.SUSPECT: _("A person suspected"),
    ErasureRequest.Subject.PLATFORM_USER: _("A platform's user"),
}
STATES: Mapping[str, Text] = {
    ErasureRequest.State.REQUESTED: _("To decide"),
    ErasureRequest.State.APPROVED: _("Erased"),
    ErasureRequest.State.REFUSED: _("Refused"),
}
BASES: Mapping[str, Text] = {
    LegalBasis.GDPR_17: _("Article 17 of the General Data Protection Regulation"),
    LegalBasis.LED_16: _("Article 16 of the Law Enforcement Directive"),
    LegalBasis.COURT_ORDER: _("A court's order"),
    LegalBasis.NATIONAL_LAW: _("This country's law"),
}
GROUNDS: Mapping[str, Text] = {
    Ground.UNINVOLVED_PERSON: _("It names somebody who has nothing to do with the case"),
    Ground.VICTIM_IDENTIFIED: _("It would identify a victim"),
    Ground.NOT_NEEDED: _("It is not needed for the work"),
    Ground.PERSON_ASKED: _("The person it is about asked for it"),
}
TEXTS: Mapping[str, Text] = {
    Redaction.Kind.MESSAGE: _("Message of the reporter"),
    Redaction.Kind.STATEMENT: _("What the reporter wrote first"),
    Redaction.Kind.NOTE: _("Note of an assessment"),
    Redaction.Kind.CASE_NOTE: _("Note on a case"),
}
