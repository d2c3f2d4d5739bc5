-- The published figures counted again from the events, by the rules of docs/figures.md. For DuckDB.
--
-- In:  events(member, seq, at, action, subject, and the facts), as `rempart figures events` writes them;
--      documents(member, counted_to, threshold): one row for each published document.
-- Out: recount(member, month, indicator, part, number, whole): counts, with parts ('' is the total); of a share,
--      number is its part and whole its denominator;
--      durations(member, month, pool, hours) and pools(member, month, pool, number, whole): how many durations there
--      are of how many cases.

-- A clock that steps back does not take the count back: an event's moment is the latest time in the chain so far.
CREATE TABLE counted AS
SELECT *, strftime(moment, '%Y-%m') AS month
FROM (
    SELECT e.member, e.seq, e.action, e.subject, e.source, e.legality, e.basis, e.kind, e.viewed, e.country,
           e.availability, e.hours_since_report, e.hours_since_notice, e.target, d.counted_to,
           max(e.at AT TIME ZONE 'UTC') OVER (PARTITION BY e.member ORDER BY e.seq) AS moment
    FROM events e JOIN documents d USING (member)
)
WHERE moment < counted_to;

-- What is learnt of a month's cases until seven days after its end belongs to them; what comes later does not.
CREATE MACRO settled(month) AS strptime(month || '-01', '%Y-%m-%d') + INTERVAL 1 MONTH + INTERVAL 7 DAY;

CREATE TABLE recount (member VARCHAR, month VARCHAR, indicator VARCHAR, part VARCHAR, number BIGINT, whole BIGINT);
CREATE TABLE durations (member VARCHAR, month VARCHAR, pool VARCHAR, hours DOUBLE);
CREATE TABLE pools (member VARCHAR, month VARCHAR, pool VARCHAR, number BIGINT, whole BIGINT);

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

-- The first notice about each content, and how long its first removal took, if that is known when the month is final.
CREATE TABLE told AS
WITH sent AS (
    SELECT member, subject, min(month) AS month, arg_min({'hours': hours_since_report}, seq).hours AS hours
    FROM counted WHERE action = 'notice:sent' GROUP BY ALL
)
SELECT s.*, CASE WHEN r.moment < settled(s.month) AND r.seq > f.seq THEN greatest(r.hours, 0) END AS taken
FROM sent s
LEFT JOIN (SELECT member, subject, min(seq) AS seq FROM counted WHERE action = 'notice:sent' GROUP BY ALL) f
    USING (member, subject)
LEFT JOIN (SELECT member, subject, min(seq) AS seq, min(moment) AS moment,
                  arg_min({'hours': hours_since_notice}, seq).hours AS hours
           FROM counted WHERE action = 'notice:removed' GROUP BY ALL) r USING (member, subject);

INSERT INTO recount SELECT member, month, 'notices_sent', '', count(*), NULL FROM told GROUP BY ALL;
INSERT INTO recount SELECT member, month, unnest(['share_removed_24h', 'share_removed_72h', 'share_removed_7d']), '',
    unnest([count(*) FILTER (taken <= 24), count(*) FILTER (taken <= 72), count(*) FILTER (taken <= 168)]), count(*)
FROM told GROUP BY member, month;
INSERT INTO durations SELECT member, month, 'hours_report_to_notice', greatest(hours, 0) FROM told WHERE hours IS NOT NULL;
INSERT INTO pools SELECT member, month, 'hours_report_to_notice', count(hours), count(*) FROM told GROUP BY ALL;

-- The first removal of each content.
CREATE TABLE removals AS
SELECT member, subject, min(month) AS month, arg_min({'hours': hours_since_report}, seq).hours AS since_report,
       arg_min({'hours': hours_since_notice}, seq).hours AS since_notice
FROM counted WHERE action = 'notice:removed' GROUP BY ALL;
INSERT INTO recount SELECT member, month, 'content_removed', '', count(*), NULL FROM removals GROUP BY ALL;
INSERT INTO durations SELECT member, month, 'hours_report_to_removal', greatest(since_report, 0)
FROM removals WHERE since_report IS NOT NULL;
INSERT INTO durations SELECT member, month, 'hours_notice_to_removal', greatest(since_notice, 0)
FROM removals WHERE since_notice IS NOT NULL;
INSERT INTO pools SELECT member, month, 'hours_report_to_removal', count(since_report), count(*) FROM removals GROUP BY ALL;
INSERT INTO pools SELECT member, month, 'hours_notice_to_removal', count(since_notice), count(*) FROM removals GROUP BY ALL;

-- Content counts as reappeared once a month.
INSERT INTO recount SELECT member, month, 'content_reappeared', '', count(DISTINCT subject), NULL
FROM counted WHERE action = 'notice:reappeared' GROUP BY ALL;

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

-- Totals of what has parts; and a row with 0 for each month in which nothing happened.
INSERT INTO recount SELECT member, month, indicator, '', sum(number), NULL FROM recount
WHERE indicator IN ('reports_received', 'referrals_exported', 'content_assessed', 'illegal_content') GROUP BY ALL;
INSERT INTO recount
SELECT m.member, m.month, i.indicator, '', 0, CASE WHEN i.indicator LIKE 'share%' THEN 0 END
FROM months m CROSS JOIN (SELECT DISTINCT indicator FROM recount) i
ANTI JOIN recount r ON r.member = m.member AND r.month = m.month AND r.indicator = i.indicator AND r.part = '';
