"""Documents as platforms send them, around the part that a test is about."""

SUMMARY = (
    "<incidentSummary><incidentType>Child Sex Trafficking</incidentType>{extra}"
    "<incidentDateTime>2024-05-06T07:08:09+02:00</incidentDateTime></incidentSummary>"
)
REPORTER = "<reporter><reportingPerson><firstName>Robin</firstName></reportingPerson></reporter>"


def report(inside: str = "", *, extra: str = "", before: str = "", after_reporter: str = "") -> bytes:
    summary = SUMMARY.format(extra=extra)
    return f"<report>{before}{summary}{inside}{REPORTER}{after_reporter}</report>".encode()


def file_details(inside: str = "") -> bytes:
    return f"<fileDetails><reportId>7</reportId><fileId>ab12</fileId>{inside}</fileDetails>".encode()
