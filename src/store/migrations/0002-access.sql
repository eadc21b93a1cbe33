CREATE TABLE tokens (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'importer', 'admin')),
  digest TEXT NOT NULL,  -- SHA-256 of the secret part, hexadecimal
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER,
  revision INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  result TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (time);

-- Taken: no subject, no status. Committed: a subject. Answered: a status.
CREATE TABLE idempotency (
  token_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  status INTEGER,
  body TEXT NOT NULL DEFAULT '',
  expires INTEGER NOT NULL,
  PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_expiry ON idempotency (expires);
