-- A message is composed again from its request and its code when it is sent again (service/
-- compose-again.ts). Kept sealed, it was more than half of what a start wrote.
ALTER TABLE delivery DROP COLUMN sealed_message;
