-- The published figures counted again from the events, by the rules of docs/figures.md. For DuckDB.
--
-- In:  events(member, seq, at, action, subject, and the facts), as `rempart figures events` writes them;
--      documents(member, counted_to, threshold): one row for each published document.
-- Out: recount(member, month, indicator, part, number, whole): counts, with parts ('' is the total); of a share,
--      number is its part and whole its denominator;
--      durations(member, month, pool, part, hours), in thousandths of an hour, and pools(member, month, pool, part,
--      number, whole): how many durations there are of how many cases;
--      indicators(indicator): what is counted here; of a pool, its median and 90th percentile.

-- A clock that steps back does not take the count back: an event's moment is the latest time in the chain so far.
CREATE TABLE counted AS
SELECT *, strftime(moment, '%Y-%m') AS month
FROM (
    SELECT e.member, e.seq, e.action, e.subject, e.source, e.legality, e.basis, e.kind, e.viewed, e.country,
           e.availability, e.hours_since_report, e.hours_since_notice, e.asn, e.target, e.entry, e.is_useful, e.actor,
           e.reason, e.signals, d.counted_to,
           max(e.at AT TIME ZONE 'UTC') OVER (PARTITION BY e.member ORDER BY e.seq) AS moment
    FROM events e JOIN documents d USING (member)
)
WHERE moment < counted_to;

-- What is learnt of a month's cases until seven days after its end belongs to them; what comes later does not.
CREATE MACRO settled(month) AS strptime(month || '-01', '%Y-%m-%d') + INTERVAL 1 MONTH + INTERVAL 7 DAY;

-- Durations in whole thousandths of an hour; one below 0 is 0.
CREATE MACRO thousandths(hours) AS greatest(round_even(hours * 1000, 0)::BIGINT, 0);
-- A provider is a network; one that is not known is the part "unknown".
CREATE MACRO provider_of(asn) AS CASE WHEN asn > 0 THEN 'AS' || asn ELSE 'unknown' END;

CREATE TABLE recount (member VARCHAR, month VARCHAR, indicator VARCHAR, part VARCHAR, number BIGINT, whole BIGINT);
CREATE TABLE durations (member VARCHAR, month VARCHAR, pool VARCHAR, part VARCHAR, hours BIGINT);
CREATE TABLE pools (member VARCHAR, month VARCHAR, pool VARCHAR, part VARCHAR, number BIGINT, whole BIGINT);
CREATE TABLE indicators AS SELECT unnest([
    'reports_received', 'self_reports', 'content_assessed', 'share_illegal', 'illegal_content', 'share_settled_unseen',
    'notices_sent', 'providers_told', 'content_removed', 'share_removed_24h', 'share_removed_72h', 'share_removed_7d',
    'still_reachable', 'content_reappeared', 'notices_refused', 'notices_escalated', 'second_looks', 'signals_signed',
    'share_signals_wrong', 'signals_recalled', 'police_holds', 'referrals_exported'
]) AS indicator;

-- Months from a member's first event to the moment it counted to.
CREATE TABLE months AS
SELECT member, strftime(unnest(generate_series(first, last, INTERVAL 1 MONTH)), '%Y-%m') AS month
FROM (
    SELECT d.member, date_trunc('month', coalesce(min(c.moment), any_value(d.counted_to))) AS first,
           date_trunc('month', any_value(d.counted_to)) AS last
    FROM documents d LEFT JOIN counted c USING (member) GROUP BY d.member
);

-- Reports and referrals: each event counts.
INSERT INTO recount SELECT member, month, 'reports_received', source, count(*), NULL
FROM counted WHERE action = 'report:received' GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'referrals_exported', target, count(*), NULL
FROM counted WHERE action = 'referral:exported' GROUP BY ALL;

-- A content counts in the month of its first decision, with the last result before that month is final.
CREATE TABLE contents AS
WITH firsts AS (SELECT member, subject, min(month) AS month FROM counted WHERE action = 'content:decided' GROUP BY ALL),
results AS (
    SELECT f.member, f.subject, f.month, arg_max(c.legality, c.seq) AS legality, arg_max(c.basis, c.seq) AS basis,
           arg_max(c.kind, c.seq) AS kind, arg_max(c.viewed, c.seq) AS viewed
    FROM firsts f JOIN counted c USING (member, subject)
    WHERE c.action = 'content:decided' AND c.moment < settled(f.month) GROUP BY ALL
),
places AS (
    SELECT member, subject, arg_min(country, seq) AS country, arg_min(moment, seq) AS moment
    FROM counted WHERE action = 'hosting:observed' AND coalesce(country, '') <> '' GROUP BY ALL
)
SELECT r.*, r.legality IN ('baseline', 'national') AS is_illegal,
       CASE WHEN p.moment < settled(r.month) THEN p.country ELSE 'unknown' END AS place
FROM results r LEFT JOIN places p USING (member, subject);

INSERT INTO recount SELECT member, month, 'content_assessed',
    CASE kind WHEN 'url' THEN 'web_address' WHEN 'onion' THEN 'onion_address' WHEN 'file' THEN 'file'
         WHEN 'hash' THEN 'file' ELSE 'other' END AS part, count(*), NULL
FROM contents GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'illegal_content', place, count(*), NULL
FROM contents WHERE is_illegal GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'share_illegal', '', count(*) FILTER (is_illegal), count(*)
FROM contents GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'share_settled_unseen', '',
    count(*) FILTER (basis <> 'analyst' AND NOT viewed), count(*) FROM contents GROUP BY ALL;

-- The first notice about each content, to whom, and after how long its first removal came, if that is known when the
-- month is final.
CREATE TABLE firsts AS
SELECT member, subject, action, min(seq) AS seq, min(month) AS month, min(moment) AS moment,
       arg_min({'hours': hours_since_report}, seq).hours AS since_report,
       arg_min({'hours': hours_since_notice}, seq).hours AS since_notice, arg_min({'asn': asn}, seq).asn AS asn
FROM counted WHERE action IN ('notice:sent', 'notice:removed') GROUP BY ALL;

CREATE TABLE told AS
SELECT s.member, s.subject, s.month, s.since_report, provider_of(s.asn) AS provider,
       CASE WHEN r.moment < settled(s.month) AND r.seq > s.seq THEN thousandths(r.since_notice) END AS taken
FROM firsts s LEFT JOIN firsts r ON r.member = s.member AND r.subject = s.subject AND r.action = 'notice:removed'
WHERE s.action = 'notice:sent';

-- The first removal of each content, and who had been told before.
CREATE TABLE removals AS
SELECT r.member, r.subject, r.month, r.since_report, r.since_notice,
       CASE WHEN s.seq < r.seq THEN provider_of(s.asn) ELSE 'unknown' END AS provider
FROM firsts r LEFT JOIN firsts s ON s.member = r.member AND s.subject = r.subject AND s.action = 'notice:sent'
WHERE r.action = 'notice:removed';

-- A provider is named in a month from twice the threshold of cases on, and at most the 25 largest are.
CREATE TABLE names AS
SELECT member, month, of, provider
FROM (
    SELECT c.*, d.threshold, row_number() OVER (PARTITION BY member, month, of ORDER BY cases DESC, provider) AS place
    FROM (
        SELECT member, month, 'told' AS of, provider, count(*) AS cases FROM told GROUP BY ALL
        UNION ALL
        SELECT member, month, 'removals', provider, count(*) FROM removals WHERE since_notice IS NOT NULL GROUP BY ALL
    ) c JOIN documents d USING (member)
)
WHERE cases >= 2 * threshold AND place <= 25;

CREATE VIEW named_told AS
SELECT t.*, coalesce(n.provider, 'other') AS name
FROM told t LEFT JOIN names n ON n.of = 'told' AND (n.member, n.month, n.provider) = (t.member, t.month, t.provider);
CREATE VIEW named_removals AS
SELECT r.*, coalesce(n.provider, 'other') AS name
FROM removals r
LEFT JOIN names n ON n.of = 'removals' AND (n.member, n.month, n.provider) = (r.member, r.month, r.provider);

INSERT INTO recount SELECT member, month, 'notices_sent', name, count(*), NULL FROM named_told GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'providers_told', '', count(DISTINCT provider), NULL
FROM told WHERE provider <> 'unknown' GROUP BY ALL;
INSERT INTO recount
SELECT member, month, unnest(['share_removed_24h', 'share_removed_72h', 'share_removed_7d']), coalesce(name, ''),
    unnest([count(*) FILTER (taken <= 24000), count(*) FILTER (taken <= 72000), count(*) FILTER (taken <= 168000)]),
    count(*)
FROM named_told GROUP BY GROUPING SETS ((member, month, name), (member, month));
INSERT INTO recount SELECT member, month, 'content_removed', '', count(*), NULL FROM removals GROUP BY ALL;

INSERT INTO durations SELECT member, month, 'hours_report_to_notice', '', thousandths(since_report)
FROM told WHERE since_report IS NOT NULL;
INSERT INTO durations SELECT member, month, 'hours_report_to_removal', '', thousandths(since_report)
FROM removals WHERE since_report IS NOT NULL;
INSERT INTO durations SELECT member, month, 'hours_notice_to_removal', unnest(['', name]), thousandths(since_notice)
FROM named_removals WHERE since_notice IS NOT NULL;
INSERT INTO pools SELECT member, month, 'hours_report_to_notice', '', count(since_report), count(*) FROM told GROUP BY ALL;
INSERT INTO pools SELECT member, month, 'hours_report_to_removal', '', count(since_report), count(*)
FROM removals GROUP BY ALL;
INSERT INTO pools SELECT member, month, 'hours_notice_to_removal', '', count(since_notice), count(*)
FROM removals GROUP BY ALL;
INSERT INTO pools SELECT member, month, 'hours_notice_to_removal', name, count(*), count(*)
FROM named_removals WHERE since_notice IS NOT NULL GROUP BY ALL;

-- What counts once a month for each subject; recalls only where listing was a mistake.
INSERT INTO recount
SELECT member, month,
    CASE action WHEN 'notice:reappeared' THEN 'content_reappeared' WHEN 'notice:refused' THEN 'notices_refused'
         WHEN 'notice:escalated' THEN 'notices_escalated' WHEN 'case:second_look' THEN 'second_looks'
         WHEN 'hold:placed' THEN 'police_holds' ELSE 'signals_recalled' END,
    '', count(DISTINCT subject), NULL
FROM counted
WHERE action IN ('notice:reappeared', 'notice:refused', 'notice:escalated', 'case:second_look', 'hold:placed')
   OR (action = 'signal:recalled' AND reason = 'mistake')
GROUP BY member, month, action;

-- Signed statements add up; of a platform's words on an entry the month's last one counts.
INSERT INTO recount SELECT member, month, 'signals_signed', '', sum(signals), NULL
FROM counted WHERE action = 'log:signed' GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'share_signals_wrong', '', count(*) FILTER (NOT is_useful), count(*)
FROM (
    SELECT member, month, entry, actor, arg_max(is_useful, seq) AS is_useful
    FROM counted WHERE action = 'list:feedback' GROUP BY ALL
)
GROUP BY member, month;

-- Reachable at a month's end is what the last telling event before it left reachable.
CREATE TABLE telling AS
SELECT member, subject, seq, month, action = 'notice:reappeared' OR coalesce(availability = 'reachable', false) AS is_there
FROM counted
WHERE action IN ('notice:removed', 'notice:reappeared') OR (action = 'notice:checked' AND availability IN ('reachable', 'gone'));
INSERT INTO recount
SELECT m.member, m.month, 'still_reachable', '', coalesce(sum(c.change), 0), NULL
FROM months m
LEFT JOIN (
    SELECT member, month, is_there::INT - coalesce(lag(is_there) OVER (PARTITION BY member, subject ORDER BY seq), false)::INT AS change
    FROM telling
) c ON c.member = m.member AND c.month <= m.month
GROUP BY m.member, m.month;

-- Reports by people it concerns are one part of all reports.
INSERT INTO recount SELECT member, month, 'self_reports', '', number, NULL FROM recount
WHERE indicator = 'reports_received' AND part = 'victim_self';

-- Totals of what has parts; and a row with 0 for each month in which nothing happened.
INSERT INTO recount SELECT member, month, indicator, '', sum(number), NULL FROM recount
WHERE indicator IN ('reports_received', 'referrals_exported', 'content_assessed', 'illegal_content', 'notices_sent')
GROUP BY ALL;
INSERT INTO recount
SELECT m.member, m.month, i.indicator, '', 0, CASE WHEN i.indicator LIKE 'share%' THEN 0 END
FROM months m CROSS JOIN indicators i
ANTI JOIN recount r ON r.member = m.member AND r.month = m.month AND r.indicator = i.indicator AND r.part = '';
INSERT INTO indicators
SELECT pool || '_' || unnest(['median', 'p90'])
FROM (SELECT unnest(['hours_report_to_notice', 'hours_report_to_removal', 'hours_notice_to_removal']) AS pool);
