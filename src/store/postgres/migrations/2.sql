-- Version 2: what holders of keys sign deliveries with.

-- Encrypted with the process file's `api_keys.encryption_key`, which is nowhere in this database.
ALTER TABLE sidegate_generations ADD COLUMN signing bytea;
