-- compatible-from: 1
-- Changes of a status that nobody has been told of yet. Written only where a node is to tell them.
-- `number` rises with every event; of one verification in the order of its changes, since each is
-- made on the row that the one before has left.
CREATE TABLE event (
  number bigint GENERATED ALWAYS AS IDENTITY,
  shard smallint NOT NULL,
  id text COLLATE "C" NOT NULL,
  application integer NOT NULL,
  verification_id text COLLATE "C" NOT NULL,
  delivery_id text COLLATE "C",
  type text NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (number, shard)
);

-- One row: the node that tells events, and until when nobody else does.
CREATE TABLE event_holder (
  number smallint PRIMARY KEY CHECK (number = 1),
  holder text COLLATE "C" NOT NULL,
  until_ms bigint NOT NULL
);
INSERT INTO event_holder VALUES (1, '', 0);
