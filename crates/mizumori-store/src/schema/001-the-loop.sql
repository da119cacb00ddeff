-- Times are milliseconds since 1970 (UTC), flags are 0 and 1, lists are JSON. No secret is kept in any column.

CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name_ja TEXT NOT NULL,
    name_en TEXT NOT NULL,
    category TEXT NOT NULL,
    language TEXT NOT NULL,
    edition TEXT NOT NULL,
    state TEXT NOT NULL,
    portal TEXT,
    created BIGINT NOT NULL,
    ends BIGINT
);

CREATE TABLE edition (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE domain (
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    method TEXT,
    token TEXT NOT NULL,
    added BIGINT NOT NULL,
    proved BIGINT,
    checked BIGINT,
    failing_since BIGINT,
    vouched_by TEXT,
    backlog_seen BIGINT,
    PRIMARY KEY (organisation, name)
);
-- A domain has one holder.
CREATE UNIQUE INDEX domain_held ON domain (name) WHERE state IN ('proved', 'vouched');

CREATE TABLE contact (
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (organisation, address)
);

CREATE TABLE rule (
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    changed BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (organisation, name)
);

CREATE TABLE directory (
    id {id},
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    synced BIGINT,
    problem TEXT,
    generation BIGINT NOT NULL,
    UNIQUE (organisation, name)
);

CREATE TABLE holder (
    id {id},
    organisation TEXT NOT NULL,
    directory BIGINT NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    entry TEXT NOT NULL,
    name TEXT,
    language TEXT,
    enabled BIGINT NOT NULL,
    privileged BIGINT NOT NULL,
    second_factor BIGINT,
    held_since BIGINT,
    password_changed BIGINT,
    must_change BIGINT NOT NULL,
    superior TEXT,
    other_address TEXT,
    keepers TEXT NOT NULL,
    groups TEXT NOT NULL,
    generation BIGINT NOT NULL,
    UNIQUE (directory, entry)
);

CREATE TABLE holder_address (
    holder BIGINT NOT NULL REFERENCES holder (id) ON DELETE CASCADE,
    organisation TEXT NOT NULL,
    address TEXT NOT NULL,
    position BIGINT NOT NULL,
    account_hi BIGINT NOT NULL,
    account_lo BIGINT NOT NULL,
    PRIMARY KEY (holder, address)
);
CREATE INDEX holder_address_account ON holder_address (organisation, account_hi, account_lo);

CREATE TABLE finding_source (
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    known_since BIGINT,
    reference TEXT,
    PRIMARY KEY (organisation, source)
);

CREATE TABLE finding (
    id {id},
    reference TEXT NOT NULL UNIQUE,
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_hi BIGINT NOT NULL,
    account_lo BIGINT NOT NULL,
    -- 0 where there is none; so is an empty site.
    secret BIGINT NOT NULL,
    site TEXT NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    month TEXT,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    machine BIGINT,
    label BIGINT NOT NULL,
    state TEXT NOT NULL,
    severity BIGINT NOT NULL,
    backlog BIGINT NOT NULL,
    same_as BIGINT,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    settled BIGINT,
    told BIGINT,
    reminded BIGINT NOT NULL,
    UNIQUE (organisation, account_hi, account_lo, secret, site, source)
);
CREATE INDEX finding_state ON finding (organisation, state, id);
CREATE INDEX finding_machine ON finding (organisation, source, machine);

CREATE TABLE finding_step (
    id {id},
    organisation TEXT NOT NULL,
    finding BIGINT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX finding_step_finding ON finding_step (finding, id);

-- What waits to be told, and what was.
CREATE TABLE notice (
    id {id},
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    destination TEXT NOT NULL,
    message TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    taken_by TEXT,
    taken_until BIGINT,
    done BIGINT,
    problem TEXT
);
CREATE INDEX notice_due ON notice (state, due);
CREATE INDEX notice_organisation ON notice (organisation, id);

CREATE TABLE notice_finding (
    notice BIGINT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    finding BIGINT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    PRIMARY KEY (notice, finding)
);
CREATE INDEX notice_finding_finding ON notice_finding (finding);

CREATE TABLE cursor (
    lake TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    organisation TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash {bytes} NOT NULL
);
