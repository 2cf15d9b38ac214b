-- compatible-from: 1
-- What opens a façade. Secrets are hashes, by the names that the façade has for them. A public id
-- belongs to one live credential of its façade; one that was revoked gives it free.
CREATE TABLE credential (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  application integer NOT NULL,
  facade text COLLATE "C" NOT NULL,
  public_id text COLLATE "C" NOT NULL,
  secret_hashes text NOT NULL,
  details text NOT NULL,
  created_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);
CREATE UNIQUE INDEX credential_live ON credential (facade, public_id) WHERE revoked_at_ms IS NULL;
