-- Times are milliseconds since 1970, UTC. A `head` is the time-ordered whole number at the front of
-- an id (domain/id.ts): rows keyed by it are appended in the order of time, and an id finds its row
-- without an index over texts. `application` is the number of a row in the table of that name.

CREATE TABLE application (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE api_key (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  application INTEGER NOT NULL,
  label TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;

CREATE TABLE template (
  application INTEGER NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (application, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_key (
  id TEXT PRIMARY KEY,
  public_jwk TEXT NOT NULL,
  sealed_private_key TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row. The offset is what the sandbox clock was moved by.
CREATE TABLE clock (
  number INTEGER PRIMARY KEY CHECK (number = 1),
  high_water_ms INTEGER NOT NULL,
  offset_ms INTEGER NOT NULL
) STRICT;
INSERT INTO clock VALUES (1, 0, 0);

CREATE TABLE verification (
  head INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  application INTEGER NOT NULL,
  -- The stretch of time that the look-up indexes are cut into; it follows from the head.
  period INTEGER NOT NULL,
  status TEXT NOT NULL,
  checks_used INTEGER NOT NULL,
  checks_wrong INTEGER NOT NULL,
  checks_max INTEGER NOT NULL,
  sends_used INTEGER NOT NULL,
  sends_max INTEGER NOT NULL,
  code_version INTEGER NOT NULL,
  code_bits REAL NOT NULL,
  lifetime_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  life_ends_at_ms INTEGER NOT NULL,
  resend_allowed_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER,
  origin TEXT NOT NULL,
  purpose TEXT NOT NULL,
  country TEXT,
  channel TEXT NOT NULL,
  recipient_hash TEXT NOT NULL,
  -- Null where it is the same as recipient_hash, which is nearly always.
  ledger_key TEXT,
  transaction_hash TEXT,
  reference TEXT,
  metadata TEXT,
  has_callback INTEGER NOT NULL,
  blocked_reason TEXT,
  -- Heads of its deliveries, as JSON: so deliveries need no index by verification.
  delivery_heads TEXT NOT NULL,
  history TEXT NOT NULL,
  sealed_code TEXT,
  sealed_request TEXT
) STRICT;

-- Sized by what is live.
CREATE INDEX verification_due ON verification (expires_at_ms) WHERE status = 'pending';
-- Both look-up indexes begin with the period, so that only the newest stretch of them is written:
-- an index over all of history would touch a random old page with every start.
CREATE INDEX verification_recipient ON verification (period, application, recipient_hash);
CREATE INDEX verification_reference ON verification (period, application, reference)
  WHERE reference IS NOT NULL;
-- Appended to in the order of time within each application.
CREATE INDEX verification_application ON verification (application);

CREATE TABLE delivery (
  head INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  application INTEGER NOT NULL,
  -- The head of its verification, and the version of the code that it carries.
  verification INTEGER NOT NULL,
  code_version INTEGER NOT NULL,
  channel TEXT NOT NULL,
  provider TEXT NOT NULL,
  status TEXT NOT NULL,
  parts INTEGER NOT NULL,
  quote_micros INTEGER,
  quote_currency TEXT,
  cost_micros INTEGER,
  currency TEXT,
  error TEXT,
  provider_message_id TEXT,
  attempts INTEGER NOT NULL,
  is_possible_duplicate INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  history TEXT NOT NULL
) STRICT;

-- What is still owed to a provider: one row for each delivery in the status queued. Messages are
-- the largest thing kept; here they leave with their row, and their pages are used again at once.
CREATE TABLE outbox (
  delivery INTEGER PRIMARY KEY,
  due_at_ms INTEGER NOT NULL,
  in_flight INTEGER NOT NULL,
  sealed_message TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at_ms);

-- One row for each recipient, and one for each client address, of an application, in the order in
-- which they appear. `live` is JSON: pairs of purpose and recipient, and the verification that is
-- pending for them.
CREATE TABLE ledger (
  number INTEGER PRIMARY KEY,
  application INTEGER NOT NULL,
  key TEXT NOT NULL,
  sends TEXT NOT NULL,
  failures TEXT NOT NULL,
  failures_since_success INTEGER NOT NULL,
  live TEXT NOT NULL,
  UNIQUE (application, key)
) STRICT;

-- Wrong and right guesses of an application in each window of five minutes.
CREATE TABLE tally (
  slot INTEGER NOT NULL,
  application INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  right INTEGER NOT NULL,
  PRIMARY KEY (slot, application)
) STRICT, WITHOUT ROWID;

CREATE TABLE budget (
  day INTEGER NOT NULL,
  application INTEGER NOT NULL,
  scope TEXT NOT NULL,
  currency TEXT NOT NULL,
  micros INTEGER NOT NULL,
  PRIMARY KEY (day, application, scope)
) STRICT, WITHOUT ROWID;

-- Rows are in the order of time, so the oldest are found without an index.
CREATE TABLE idempotency (
  number INTEGER PRIMARY KEY,
  key_hash TEXT NOT NULL UNIQUE,
  application INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  verification_id TEXT NOT NULL,
  outcome TEXT,
  sealed_answer TEXT,
  lease_until_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE callback (
  head INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  application INTEGER NOT NULL,
  verification_id TEXT NOT NULL,
  event TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX callback_due ON callback (due_at_ms);

-- `number` counts within the application, so the 2,000 newest are found by it alone.
CREATE TABLE sandbox_message (
  application INTEGER NOT NULL,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  recipient_hash TEXT NOT NULL,
  channel TEXT NOT NULL,
  verification_id TEXT,
  sealed TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (application, number)
) STRICT;

-- How far a purge that takes many steps has come, and when it moved last; 0 is the beginning.
CREATE TABLE purge_position (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  moved_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
