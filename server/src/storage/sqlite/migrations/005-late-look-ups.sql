-- The newest verifications are not in the look-up indexes yet: they enter them some hundreds at a
-- time (newest-rows.ts), and each page of an index is written once for many of them instead of once
-- for each. Until then the period is -1 - period, which takes the same space in the row.
DROP INDEX verification_recipient;
DROP INDEX verification_reference;
DROP INDEX verification_application;
CREATE INDEX verification_recipient
  ON verification (period, application, substr(recipient_hash, 1, 8)) WHERE period >= 0;
CREATE INDEX verification_reference ON verification (period, application, reference)
  WHERE period >= 0 AND reference IS NOT NULL;
CREATE INDEX verification_application ON verification (application) WHERE period >= 0;
