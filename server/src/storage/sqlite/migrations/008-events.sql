-- Changes of a status that nobody has been told of yet, in their order. Written only where the
-- server is to tell them.
CREATE TABLE event (
  head INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  application INTEGER NOT NULL,
  verification_id TEXT NOT NULL,
  delivery_id TEXT,
  type TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
