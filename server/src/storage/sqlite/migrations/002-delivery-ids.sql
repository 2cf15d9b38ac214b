-- Deliveries are named by their ids, as everywhere else; a head says less than an id does.
ALTER TABLE verification RENAME COLUMN delivery_heads TO delivery_ids;
UPDATE verification SET delivery_ids = (
  SELECT json_group_array(delivery.id)
  FROM json_each(verification.delivery_ids) AS head JOIN delivery ON delivery.head = head.value
);
