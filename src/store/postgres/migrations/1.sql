-- API keys in PostgreSQL, version 1 (`sidegate_schema`).
--
-- Look as you like; change keys with `sidegate keys`, because gates notice only what `sidegate_changes` tells them.
-- Who runs a gate needs SELECT, INSERT, UPDATE and DELETE on these tables, and nothing else.

-- The version of these tables: one row.
CREATE TABLE sidegate_schema (
    version     integer NOT NULL,
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO sidegate_schema (version) VALUES (0);

-- A key: whose it is, what it may do, how long. No text of a key is anywhere in this database.
CREATE TABLE sidegate_keys (
    id          text COLLATE "C" PRIMARY KEY,
    set_name    text NOT NULL,               -- the set of the policy's `api_keys`
    name        text NOT NULL,
    tenant      text,
    owner       text,
    roles       json,                        -- of the owner; NULL: no roles bound the key
    scopes      json NOT NULL,
    sources     json,                        -- NULL: any
    networks    json,                        -- NULL: any
    not_before  timestamptz,
    expires_at  timestamptz,
    created_at  timestamptz NOT NULL,
    created_by  text NOT NULL,
    revoked_at  timestamptz,
    metadata    json NOT NULL,               -- an object
    version     bigint NOT NULL              -- grows by one with each change
);

CREATE INDEX sidegate_keys_tenant ON sidegate_keys (tenant, id) WHERE tenant IS NOT NULL;
CREATE INDEX sidegate_keys_owner ON sidegate_keys (owner) WHERE owner IS NOT NULL;
CREATE INDEX sidegate_keys_end ON sidegate_keys (expires_at) WHERE expires_at IS NOT NULL;

-- The texts of a key, as hashes. A rotation adds one.
CREATE TABLE sidegate_generations (
    key_id      text COLLATE "C" NOT NULL REFERENCES sidegate_keys ON DELETE CASCADE,
    number      integer NOT NULL,            -- from 1
    set_name    text NOT NULL,               -- the key's, again
    hash_kind   text NOT NULL CHECK (hash_kind IN ('sha256', 'bcrypt', 'argon2')),
    digest      bytea,                       -- the SHA-256 of the text
    hash        text,                        -- or its slow hash
    start       text NOT NULL,               -- how the text begins
    created_at  timestamptz NOT NULL,
    ends_at     timestamptz,                 -- the end of a rotation's grace
    PRIMARY KEY (key_id, number),
    CHECK ((hash_kind = 'sha256') = (digest IS NOT NULL) AND (digest IS NULL) = (hash IS NOT NULL))
);

CREATE UNIQUE INDEX sidegate_generations_digest ON sidegate_generations (set_name, digest) WHERE digest IS NOT NULL;
CREATE INDEX sidegate_generations_start ON sidegate_generations (set_name, start) WHERE digest IS NULL;

-- How often keys were used. Apart from the keys, because it changes all the time.
CREATE TABLE sidegate_uses (
    key_id       text COLLATE "C" PRIMARY KEY REFERENCES sidegate_keys ON DELETE CASCADE,
    uses         bigint NOT NULL,
    last_used_at timestamptz NOT NULL
) WITH (fillfactor = 70);

-- What changed, in order: what gates follow. Old rows are removed; the newest stays.
CREATE TABLE sidegate_changes (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id      text COLLATE "C",            -- NULL: many keys at once
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who changed what. Nothing removes rows.
CREATE TABLE sidegate_audit (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    by          text NOT NULL,
    action      text NOT NULL,
    key_id      text COLLATE "C",            -- NULL: many keys at once
    tenant      text,
    detail      json NOT NULL                -- an object
);

CREATE INDEX sidegate_audit_key ON sidegate_audit (key_id, number) WHERE key_id IS NOT NULL;
