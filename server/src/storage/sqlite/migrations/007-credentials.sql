-- What opens a façade. Secrets are hashes, by the names that the façade has for them. A public id
-- belongs to one live credential of its façade; one that was revoked gives it free.
CREATE TABLE credential (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  application INTEGER NOT NULL,
  facade TEXT NOT NULL,
  public_id TEXT NOT NULL,
  secret_hashes TEXT NOT NULL,
  details TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX credential_live ON credential (facade, public_id) WHERE revoked_at_ms IS NULL;
