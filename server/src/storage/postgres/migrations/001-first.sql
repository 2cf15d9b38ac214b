-- Times are milliseconds since 1970, UTC. `application` is the number of a row in the table of that
-- name. Ids, hashes and keys compare by their bytes (COLLATE "C"), whatever the database sorts by.
--
-- `shard` is ten bits of the recipient's keyed hash, or of a row's own key. It is in the primary
-- key of every table that a request writes to, and in the condition of every statement that does
-- so: a database that is spread over many machines sends each to one of them
-- (docs/internals/scale.md).
--
-- `version` counts the changes of a row, from a random beginning. Rows are changed in memory and
-- written back on condition that the version is still the one that was read.

CREATE TABLE application (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL,
  settings text NOT NULL,
  created_at_ms bigint NOT NULL
);

CREATE TABLE api_key (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  hash text COLLATE "C" NOT NULL UNIQUE,
  application integer NOT NULL,
  label text NOT NULL,
  created_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);

CREATE TABLE template (
  application integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  body text NOT NULL,
  updated_at_ms bigint NOT NULL,
  PRIMARY KEY (application, name)
);

CREATE TABLE secret (
  name text COLLATE "C" PRIMARY KEY,
  sealed text NOT NULL
);

CREATE TABLE signing_key (
  id text COLLATE "C" PRIMARY KEY,
  public_jwk text NOT NULL,
  sealed_private_key text NOT NULL,
  created_at_ms bigint NOT NULL
);

-- One row. The offset is what the sandbox clock was moved by.
CREATE TABLE clock (
  number smallint PRIMARY KEY CHECK (number = 1),
  high_water_ms bigint NOT NULL,
  offset_ms bigint NOT NULL
);
INSERT INTO clock VALUES (1, 0, 0);

-- History, appended in the order of time: an id begins with its moment, so a partition by ranges of
-- ids holds one day (UTC), is written to while it is today, and is dropped whole.
CREATE TABLE verification (
  id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  version integer NOT NULL,
  application integer NOT NULL,
  status text NOT NULL,
  -- While it is pending, the ledger counts them.
  checks_used integer NOT NULL,
  checks_wrong integer NOT NULL,
  checks_max integer NOT NULL,
  sends_used integer NOT NULL,
  sends_max integer NOT NULL,
  code_version integer NOT NULL,
  code_bits double precision NOT NULL,
  lifetime_ms bigint NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  life_ends_at_ms bigint NOT NULL,
  resend_allowed_at_ms bigint NOT NULL,
  finished_at_ms bigint,
  origin text NOT NULL,
  purpose text NOT NULL,
  country text,
  channel text NOT NULL,
  recipient_hash text COLLATE "C" NOT NULL,
  -- Null where it is the same as recipient_hash, which is nearly always.
  ledger_key text COLLATE "C",
  transaction_hash text COLLATE "C",
  reference text COLLATE "C",
  metadata text,
  has_callback boolean NOT NULL,
  blocked_reason text,
  -- Of its deliveries, with a space between two: so deliveries need no index by verification.
  delivery_ids text NOT NULL,
  history text NOT NULL,
  sealed_code text,
  sealed_request text,
  PRIMARY KEY (id, shard)
) PARTITION BY RANGE (id);

-- None of them has a column that an ending changes, so an ending touches no index. Expiry remembers
-- how far it has come in this one.
CREATE INDEX verification_due ON verification (expires_at_ms);
CREATE INDEX verification_recipient ON verification (application, recipient_hash);
CREATE INDEX verification_reference ON verification (application, reference)
  WHERE reference IS NOT NULL;

CREATE TABLE delivery (
  id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  version integer NOT NULL,
  application integer NOT NULL,
  verification_id text COLLATE "C" NOT NULL,
  -- Of the code that its message carries.
  code_version integer NOT NULL,
  channel text NOT NULL,
  provider text NOT NULL,
  status text NOT NULL,
  parts integer NOT NULL,
  quote_micros bigint,
  quote_currency text,
  cost_micros bigint,
  currency text,
  error text,
  provider_message_id text,
  attempts integer NOT NULL,
  is_possible_duplicate boolean NOT NULL,
  created_at_ms bigint NOT NULL,
  history text NOT NULL,
  -- When it is owed to a provider, if it still is. In flight: a node has it in hand.
  due_at_ms bigint,
  is_in_flight boolean NOT NULL,
  PRIMARY KEY (id, shard)
) PARTITION BY RANGE (id);

-- Sized by what is owed.
CREATE INDEX delivery_due ON delivery (due_at_ms) WHERE due_at_ms IS NOT NULL;

-- Ciphertext does not shrink: trying costs time and gains nothing.
ALTER TABLE verification ALTER sealed_request SET STORAGE EXTERNAL;

-- One row for each recipient, and one for each client address, of an application. `sends` and
-- `failures` are moments; `live` is JSON: for purpose and recipient, the verification that is
-- pending and the guesses spent on it. Rows are changed in place for a while and then forgotten:
-- room on the page keeps a change off the index.
CREATE TABLE ledger (
  shard smallint NOT NULL,
  application integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  failures_since_success integer NOT NULL,
  sends text NOT NULL,
  failures text NOT NULL,
  live text NOT NULL,
  PRIMARY KEY (shard, application, key)
) WITH (fillfactor = 70);

-- Wrong and right guesses of an application in each window of five minutes.
CREATE TABLE tally (
  slot integer NOT NULL,
  application integer NOT NULL,
  wrong_guesses integer NOT NULL,
  right_guesses integer NOT NULL,
  PRIMARY KEY (slot, application)
);

CREATE TABLE budget (
  shard smallint NOT NULL,
  application integer NOT NULL,
  day integer NOT NULL,
  scope text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  micros bigint NOT NULL,
  PRIMARY KEY (shard, application, day, scope)
) WITH (fillfactor = 50);

CREATE TABLE idempotency (
  shard smallint NOT NULL,
  key_hash text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  application integer NOT NULL,
  fingerprint text NOT NULL,
  verification_id text NOT NULL,
  outcome text,
  sealed_answer text,
  lease_until_ms bigint NOT NULL,
  created_at_ms bigint NOT NULL,
  PRIMARY KEY (shard, key_hash)
) WITH (fillfactor = 70);
ALTER TABLE idempotency ALTER sealed_answer SET STORAGE EXTERNAL;
-- Appended to in the order of time.
CREATE INDEX idempotency_created ON idempotency (created_at_ms);

CREATE TABLE callback (
  id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  application integer NOT NULL,
  verification_id text NOT NULL,
  event text NOT NULL,
  at_ms bigint NOT NULL,
  attempts integer NOT NULL,
  due_at_ms bigint NOT NULL,
  PRIMARY KEY (id, shard)
);
CREATE INDEX callback_due ON callback (due_at_ms, id);

CREATE TABLE sandbox_message (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  application integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  recipient_hash text COLLATE "C" NOT NULL,
  channel text NOT NULL,
  verification_id text,
  sealed text NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX sandbox_message_newest ON sandbox_message (application, number);

-- How far a purge that takes many steps has come, and when it moved last; '' is the beginning.
CREATE TABLE purge_position (
  name text PRIMARY KEY,
  position text COLLATE "C" NOT NULL,
  moved_at_ms bigint NOT NULL
);

-- Called by a statement that found other rows than it was made for: whoever was first has changed
-- them, and everything is read and decided again. The code is our own (class WW).
CREATE FUNCTION watchword_conflict() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'WW001', MESSAGE = 'Another transaction was first.';
END
$$;

-- Reserves in the budget of a day, or settles. A reservation names the sum that it must not pass;
-- what is settled has none, and a row in another currency is not touched by it.
CREATE FUNCTION watchword_spend(
  its_shard smallint, its_application integer, its_day integer, its_scope text,
  its_currency text, its_micros bigint, micros_max bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF micros_max IS NULL THEN
    UPDATE budget SET micros = greatest(0, micros + its_micros)
      WHERE shard = its_shard AND application = its_application AND day = its_day
        AND scope = its_scope AND currency = its_currency;
    RETURN;
  END IF;
  INSERT INTO budget AS b (shard, application, day, scope, currency, micros)
    VALUES (its_shard, its_application, its_day, its_scope, its_currency, greatest(0, its_micros))
    ON CONFLICT (shard, application, day, scope) DO UPDATE
      SET micros = greatest(0, b.micros + its_micros)
      WHERE b.currency = its_currency AND b.micros + its_micros <= micros_max;
  IF NOT FOUND THEN PERFORM watchword_conflict(); END IF;
END
$$;

-- Makes the partitions of a day, which hold the ids from one bound to the next. They are made
-- outside and attached: that way nobody who works on the other days has to wait.
CREATE FUNCTION watchword_add_day(day integer, low text, high text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  prefix text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('watchword_days'));
  FOREACH parent IN ARRAY ARRAY['verification', 'delivery'] LOOP
    CONTINUE WHEN to_regclass(format('%I', parent || '_' || day)) IS NOT NULL;
    prefix := CASE parent WHEN 'verification' THEN 'vf_' ELSE 'dl_' END;
    EXECUTE format(
      'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE) WITH (fillfactor = 75)',
      parent || '_' || day, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
      parent, parent || '_' || day, prefix || low, prefix || high);
  END LOOP;
END
$$;

-- False when somebody works on the whole table and keeps it busy for longer than one may wait, or
-- when the day is in use: with a life that is pending and ends after a moment, or a message owed.
-- The two partitions are locked first, so nothing comes in between looking and dropping; by index,
-- because nobody may be made to wait while a whole day is read.
CREATE FUNCTION watchword_drop_day(day integer, pending_after_ms bigint) RETURNS boolean
LANGUAGE plpgsql
SET lock_timeout = '5ms' SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
  verifications text := format('%I', 'verification_' || day);
  deliveries text := format('%I', 'delivery_' || day);
  is_used boolean;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('watchword_days')) THEN RETURN false; END IF;
  EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', verifications, deliveries);
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM %s WHERE expires_at_ms > $1 AND status = ''pending'')
       OR EXISTS (SELECT FROM %s WHERE due_at_ms IS NOT NULL)', verifications, deliveries)
    INTO is_used USING pending_after_ms;
  IF is_used THEN RETURN false; END IF;
  EXECUTE format('DROP TABLE %s, %s', verifications, deliveries);
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN RETURN false;
  -- Another node has dropped it.
  WHEN undefined_table THEN RETURN true;
END
$$;
