"""The words of a notice to a host: subject and body, in English, and in French beneath it where asked for.

The content follows Article 16(2) of the EU Digital Services Act: reasons, exact address, good-faith statement; the
notifier's name and e-mail are not required for these offences and only the office's contact is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rempart.core.errors import InputError
from rempart.core.vocabulary import DetectionMethod, Legality
from rempart.formats.xarf_notice import NoticeFacts

Language = Literal["en", "fr"]


class NoticeKind(StrEnum):
    FIRST = "first"
    REMINDER = "reminder"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class NoticeContext:
    """What varies from one sending to the next; `number` counts reminders from 1."""

    reference: str
    kind: NoticeKind = NoticeKind.FIRST
    number: int = 0
    first_sent: str = ""
    answer_hours: int = 24


@dataclass(frozen=True, slots=True)
class NoticeText:
    subject: str
    body: str


def write_notice(facts: NoticeFacts, context: NoticeContext, *, language: Language = "en") -> NoticeText:
    """Subject and body. Raises `InputError` when a follow-up does not say when the first notice was sent."""
    if context.kind is not NoticeKind.FIRST and not context.first_sent:
        raise InputError("A follow-up has to say when the first notice was sent.", where="first_sent")
    subject = _fill(_SUBJECTS[context.kind], facts, context)
    body = _write(_ENGLISH, facts, context)
    if language == "fr":
        subject = f"{subject} / {_fill(_FRENCH_SUBJECTS[context.kind], facts, context)}"
        body = f"{body}\n\n{'-' * 70}\n\n{_write(_FRENCH, facts, context)}"
    return NoticeText(f"[{context.reference}] {subject}", f"{body}\n")


def _write(words: Mapping[str, str], facts: NoticeFacts, context: NoticeContext) -> str:
    national = "baseline" if facts.legality is Legality.BASELINE else "national"
    parts = [words["greeting"], words[context.kind], words["where"], words[national]]
    parts += [words["asked"], words["answer"], words["good_faith"], words["sender"]]
    # A notice never claims that somebody looked where only a fingerprint was recognised.
    recognised = facts.detection_method is DetectionMethod.HASH_MATCH
    assessed = words["recognised" if recognised else "assessed"]
    return "\n\n".join(_fill(part, facts, context, assessed) for part in parts)


def _fill(text: str, facts: NoticeFacts, context: NoticeContext, assessed: str = "") -> str:
    where = [facts.source_identifier, f"AS{facts.asn}" if facts.asn else "", facts.hosting_provider or ""]
    return text.format(
        url=facts.url,
        host=facts.host,
        network=", ".join(part for part in (*where, facts.country_code or "") if part),
        assessed=assessed,
        country=facts.assessed_in,
        reference=context.reference,
        number=context.number,
        first_sent=context.first_sent,
        hours=context.answer_hours,
        org=facts.sender.org,
        contact=facts.sender.contact,
    )


_SUBJECTS: dict[NoticeKind, str] = {
    NoticeKind.FIRST: "Notice of illegal content hosted at {host}: removal requested",
    NoticeKind.REMINDER: "Reminder {number}: illegal content still available at {host}",
    NoticeKind.ESCALATION: "Escalation: illegal content not removed at {host}",
}

_FRENCH_SUBJECTS: dict[NoticeKind, str] = {
    NoticeKind.FIRST: "Signalement d'un contenu illicite hébergé sur {host} : demande de retrait",
    NoticeKind.REMINDER: "Rappel {number} : contenu illicite toujours accessible sur {host}",
    NoticeKind.ESCALATION: "Escalade : contenu illicite non retiré sur {host}",
}

_ENGLISH: dict[str, str] = {
    "greeting": "To the abuse or trust and safety team,",
    "first": "We notify you of illegal content of child sexual abuse or exploitation, hosted on your service.",
    "reminder": (
        "On {first_sent} we notified you of the content below. Our latest check found it still available. "
        "This is reminder {number}."
    ),
    "escalation": (
        "On {first_sent} we notified you of the content below, with {number} reminder(s) since. It is still available. "
        "We now refer the matter to your upstream provider or to the competent authority, as the case requires."
    ),
    "assessed": "analysts of this office assessed the content as",
    "recognised": "the content was recognised by its digital fingerprint as material that analysts had assessed as",
    "where": "Exact address:\n    {url}\nSeen at: {network}",
    "baseline": (
        "Reasons: {assessed} child sexual abuse material under the international baseline, which covers real children "
        "who are about thirteen years old or younger. Making it available is a criminal offence in {country} and in "
        "nearly every other country."
    ),
    "national": (
        "Reasons: {assessed} illegal under the law of {country} on child sexual abuse content. It was not assessed as "
        "international baseline material."
    ),
    "asked": (
        "We ask you to:\n"
        "  1. remove the content, or disable access to it, without delay;\n"
        "  2. preserve the content, its copies and the related account and access data, as your law allows, for the "
        "competent authority;\n"
        "  3. not inform the account holder of this notice where your law lets you wait for the authority's advice.\n"
        "Please do not send us the content. None is attached to this message."
    ),
    "answer": (
        "Please answer within {hours} hours by replying to this message and keeping the reference {reference} in the "
        "subject: removed, refused (with your reasons), or not hosted by you (with the responsible host, where you "
        "know it). If you issue a statement of reasons, please include its identifier. The attached XARF document "
        "holds the same facts for automatic processing."
    ),
    "good_faith": (
        "This is a notice under Article 16 of Regulation (EU) 2022/2065 (Digital Services Act) where that applies. "
        "We confirm our good-faith belief that the information and statements in it are accurate and complete."
    ),
    "sender": "{org}\n{contact}\nReference: {reference}",
}

_FRENCH: dict[str, str] = {
    "greeting": "À l'attention du service chargé des abus ou de la modération,",
    "first": (
        "Nous vous signalons un contenu illicite relevant de l'abus ou de l'exploitation sexuelle d'enfants, hébergé "
        "par votre service."
    ),
    "reminder": (
        "Le {first_sent}, nous vous avons signalé le contenu ci-dessous. Notre dernière vérification l'a trouvé "
        "toujours accessible. Ceci est le rappel {number}."
    ),
    "escalation": (
        "Le {first_sent}, nous vous avons signalé le contenu ci-dessous, suivi de {number} rappel(s). Il est toujours "
        "accessible. Nous saisissons maintenant votre fournisseur en amont ou l'autorité compétente, selon le cas."
    ),
    "assessed": "les analystes de notre service ont qualifié ce contenu de",
    "recognised": "ce contenu a été reconnu par son empreinte numérique comme étant, d'après des analystes, un",
    "where": "Adresse exacte :\n    {url}\nObservé à : {network}",
    "baseline": (
        "Motifs : {assessed} matériel d'abus sexuel d'enfant au sens du référentiel international, qui concerne des "
        "enfants réels d'environ treize ans au plus. Sa mise à disposition est une infraction pénale ({country}) et "
        "l'est dans presque tous les pays."
    ),
    "national": (
        "Motifs : {assessed} contenu illicite selon la loi applicable ({country}) en matière d'abus sexuel d'enfants. "
        "Il n'a pas été qualifié au sens du référentiel international."
    ),
    "asked": (
        "Nous vous demandons :\n"
        "  1. de retirer ce contenu, ou d'en bloquer l'accès, sans délai ;\n"
        "  2. de conserver le contenu, ses copies et les données de compte et d'accès liées, dans les limites de votre "
        "droit, pour l'autorité compétente ;\n"
        "  3. de ne pas informer le titulaire du compte de ce signalement lorsque votre droit vous permet d'attendre "
        "l'avis de l'autorité.\n"
        "Merci de ne pas nous envoyer le contenu. Aucun n'est joint à ce message."
    ),
    "answer": (
        "Merci de répondre sous {hours} heures à ce message en gardant la référence {reference} dans l'objet : retiré, "
        "refusé (avec vos motifs) ou non hébergé par vous (avec l'hébergeur responsable, si vous le connaissez). Si "
        "vous émettez un exposé des motifs, merci d'en indiquer l'identifiant. Le document XARF joint contient les "
        "mêmes éléments pour un traitement automatique."
    ),
    "good_faith": (
        "Ceci est une notification au titre de l'article 16 du règlement (UE) 2022/2065 (règlement sur les services "
        "numériques) là où il s'applique. Nous confirmons être convaincus de bonne foi que les informations et "
        "allégations qu'elle contient sont exactes et complètes."
    ),
    "sender": "{org}\n{contact}\nRéférence : {reference}",
}
