PRAGMA application_id = 1870029936;  -- "ovap"

-- The catalog. Times are milliseconds since 1970; availability is 0 available,
-- 1 unavailable, 2 removed; severity is 1 information, 2 warning, 3 critical.
CREATE TABLE appliances (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  vendor TEXT NOT NULL,
  product TEXT NOT NULL,
  version TEXT NOT NULL,
  os TEXT NOT NULL,
  producer TEXT NOT NULL,
  description TEXT NOT NULL,
  transport TEXT NOT NULL,
  has_properties INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  size INTEGER NOT NULL,
  disks INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1,
  -- What lists are sorted by is short, because cursors carry it.
  sort_name TEXT GENERATED ALWAYS AS (lower(substr(name, 1, 100))) STORED,
  sort_vendor TEXT GENERATED ALWAYS AS (lower(substr(vendor, 1, 100))) STORED
) STRICT;
CREATE INDEX appliances_by_name ON appliances (sort_name, id);
CREATE INDEX appliances_by_vendor ON appliances (sort_vendor, id);
CREATE INDEX appliances_by_updated ON appliances (updated, id);
CREATE INDEX appliances_by_size ON appliances (size, id);
CREATE INDEX appliances_by_product ON appliances (vendor COLLATE NOCASE, product COLLATE NOCASE);

-- Apart from the rows that lists read, because they are large.
CREATE TABLE documents (
  appliance INTEGER PRIMARY KEY REFERENCES appliances (number) ON DELETE CASCADE,
  model TEXT NOT NULL,
  concerns TEXT NOT NULL,
  properties_schema TEXT NOT NULL
) STRICT;

CREATE TABLE locations (
  number INTEGER PRIMARY KEY,
  appliance INTEGER REFERENCES appliances (number) ON DELETE CASCADE,
  source TEXT NOT NULL CHECK (source IN ('share', 'upload', 'url')),
  share TEXT NOT NULL,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  availability INTEGER NOT NULL CHECK (availability BETWEEN 0 AND 2),
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  UNIQUE (share, path, source),
  CHECK ((appliance IS NULL) = (error_code <> ''))
) STRICT;
CREATE INDEX locations_by_appliance ON locations (appliance, availability);

CREATE VIRTUAL TABLE appliance_search USING fts5 (
  name, vendor, product, version, os, description, files,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);

CREATE TABLE uploads (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  file_name TEXT NOT NULL,
  length INTEGER CHECK (length >= 0),
  offset INTEGER NOT NULL DEFAULT 0 CHECK (offset >= 0),
  metadata TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum TEXT NOT NULL,
  path TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'receiving'
    CHECK (state IN ('receiving', 'complete', 'failed', 'terminated')),
  verdict TEXT NOT NULL DEFAULT '',
  appliance_id TEXT NOT NULL DEFAULT '',
  error_code TEXT NOT NULL DEFAULT '',
  error_message TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL,
  expires INTEGER,
  ended INTEGER,
  revision INTEGER NOT NULL DEFAULT 1,
  CHECK (length IS NULL OR offset <= length),
  CHECK ((ended IS NULL) = (state = 'receiving'))
) STRICT;
CREATE INDEX uploads_by_state ON uploads (state, number);

-- An import outlives the catalog's entry of its appliance: no foreign key.
CREATE TABLE imports (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  appliance_id TEXT NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
  wish TEXT NOT NULL DEFAULT 'none' CHECK (wish IN ('none', 'pause', 'cancel')),
  step TEXT NOT NULL DEFAULT 'Initialize',
  priority INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  owner TEXT NOT NULL DEFAULT '',
  error_code TEXT NOT NULL DEFAULT '',
  error_message TEXT NOT NULL DEFAULT '',
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  result TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL,
  started INTEGER,
  finished INTEGER,
  not_before INTEGER,
  revision INTEGER NOT NULL DEFAULT 1,
  CHECK ((finished IS NULL) = (state IN ('queued', 'running', 'paused')))
) STRICT;
CREATE INDEX imports_by_state ON imports (state, number);
CREATE INDEX imports_by_appliance ON imports (appliance_id, number);

CREATE TABLE import_steps (
  import INTEGER NOT NULL REFERENCES imports (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER,
  record TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (import, position)
) STRICT, WITHOUT ROWID;

-- `data` begins with padding of more than a page: see secrets.cpp.
CREATE TABLE secrets (
  number INTEGER PRIMARY KEY,
  import INTEGER UNIQUE REFERENCES imports (number) ON DELETE CASCADE,
  upload INTEGER UNIQUE REFERENCES uploads (number) ON DELETE CASCADE,
  data BLOB NOT NULL,
  CHECK ((import IS NULL) <> (upload IS NULL))
) STRICT;

-- AUTOINCREMENT: a sequence is never used again, also when the newest were deleted.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_subject ON events (subject, sequence);

-- The newest event that was deleted: only the oldest ever are.
CREATE TABLE deleted_events (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  through INTEGER NOT NULL
) STRICT;
INSERT INTO deleted_events VALUES (1, 0);
