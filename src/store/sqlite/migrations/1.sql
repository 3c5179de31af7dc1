-- API keys in SQLite, version 1 (`PRAGMA user_version`).
--
-- Times are microseconds since 1970 (UTC): `datetime(expires_at / 1000000, 'unixepoch')`. Lists are JSON.
-- Look as you like; change keys with `sidegate keys`, because gates notice only what `sidegate_changes` tells them.

-- A key: whose it is, what it may do, how long. No text of a key is anywhere in this file.
CREATE TABLE sidegate_keys (
    key         INTEGER PRIMARY KEY,         -- what other tables here call it, so that a million keys load quickly
    id          TEXT NOT NULL,               -- what everybody else calls it
    set_name    TEXT NOT NULL,               -- the set of the policy's `api_keys`
    name        TEXT NOT NULL,
    tenant      TEXT,
    owner       TEXT,
    roles       TEXT,                        -- of the owner; NULL: no roles bound the key
    scopes      TEXT NOT NULL,
    sources     TEXT,                        -- NULL: any
    networks    TEXT,                        -- NULL: any
    not_before  INTEGER,
    expires_at  INTEGER,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    revoked_at  INTEGER,
    metadata    TEXT NOT NULL,               -- a JSON object
    version     INTEGER NOT NULL             -- grows by one with each change
) STRICT;

CREATE UNIQUE INDEX sidegate_keys_id ON sidegate_keys (id);
CREATE INDEX sidegate_keys_tenant ON sidegate_keys (tenant, id) WHERE tenant IS NOT NULL;
CREATE INDEX sidegate_keys_owner ON sidegate_keys (owner) WHERE owner IS NOT NULL;
CREATE INDEX sidegate_keys_end ON sidegate_keys (expires_at) WHERE expires_at IS NOT NULL;

-- The texts of a key, as hashes. A rotation adds one.
CREATE TABLE sidegate_generations (
    key         INTEGER NOT NULL REFERENCES sidegate_keys ON DELETE CASCADE,
    number      INTEGER NOT NULL,            -- from 1
    set_name    TEXT NOT NULL,               -- the key's, again
    hash_kind   TEXT NOT NULL CHECK (hash_kind IN ('sha256', 'bcrypt', 'argon2')),
    digest      BLOB,                        -- the SHA-256 of the text
    hash        TEXT,                        -- or its slow hash
    start       TEXT NOT NULL,               -- how the text begins
    created_at  INTEGER NOT NULL,
    ends_at     INTEGER,                     -- the end of a rotation's grace
    PRIMARY KEY (key, number),
    CHECK ((hash_kind = 'sha256') = (digest IS NOT NULL) AND (digest IS NULL) = (hash IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sidegate_generations_digest ON sidegate_generations (set_name, digest) WHERE digest IS NOT NULL;
CREATE INDEX sidegate_generations_start ON sidegate_generations (set_name, start) WHERE digest IS NULL;

-- How often keys were used. Apart from the keys, because it changes all the time.
CREATE TABLE sidegate_uses (
    key          INTEGER PRIMARY KEY REFERENCES sidegate_keys ON DELETE CASCADE,
    uses         INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;

-- What changed, in order: what gates follow. Old rows are removed; the newest stays.
CREATE TABLE sidegate_changes (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id      TEXT,                        -- NULL: many keys at once
    at          INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT;

-- Who changed what. Nothing removes rows.
CREATE TABLE sidegate_audit (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    by          TEXT NOT NULL,
    action      TEXT NOT NULL,
    key_id      TEXT,                        -- NULL: many keys at once
    tenant      TEXT,
    detail      TEXT NOT NULL                -- a JSON object
) STRICT;

CREATE INDEX sidegate_audit_key ON sidegate_audit (key_id, number) WHERE key_id IS NOT NULL;
