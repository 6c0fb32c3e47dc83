import type { Migration } from "./migration.ts";

/** Tenants, their locations, people, logins and API keys. What is there already belongs to the tenant `default`. */
export const tenantsAndPeople: Migration = {
	version: 4,
	name: "tenants-and-people",
	statements: [
		`CREATE TABLE tenant (
			id TEXT PRIMARY KEY,
			slug TEXT NOT NULL UNIQUE,
			name TEXT NOT NULL,
			active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
			-- JSON objects; their shapes are in src/tenants.
			settings TEXT NOT NULL DEFAULT '{}',
			branding TEXT NOT NULL DEFAULT '{}',
			subscription TEXT NOT NULL DEFAULT '{}',
			version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`INSERT INTO tenant (id, slug, name, created_at_ms) VALUES ('default', 'default', 'Default', 0)`,
		`CREATE TABLE location (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			name TEXT NOT NULL,
			address TEXT NOT NULL DEFAULT '',
			latitude REAL CHECK (latitude BETWEEN -90 AND 90),
			longitude REAL CHECK (longitude BETWEEN -180 AND 180),
			time_zone TEXT NOT NULL DEFAULT 'UTC',
			version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
			created_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, name)
		) STRICT`,
		// A foreign key with a default other than NULL cannot be added to a table that has rows.
		`ALTER TABLE machine ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'default'`,
		`ALTER TABLE machine ADD COLUMN location_id TEXT REFERENCES location(id)`,
		`CREATE INDEX machine_tenant ON machine(tenant_id, id)`,
		`ALTER TABLE shopper ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'default'`,
		`ALTER TABLE sale ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'default'`,
		`CREATE INDEX sale_tenant ON sale(tenant_id, requested_at_ms, id)`,

		`CREATE TABLE user (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			-- In lower case.
			email TEXT NOT NULL UNIQUE,
			name TEXT NOT NULL,
			role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'platform')),
			-- JSON list of what this person holds beside the role.
			permissions TEXT NOT NULL DEFAULT '[]',
			-- Argon2id in PHC form; NULL: nobody can log in with a password.
			password_hash TEXT,
			active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
			last_login_at_ms INTEGER,
			version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX user_tenant ON user(tenant_id, created_at_ms, id)`,
		// A login. It lives as long as its refresh tokens are exchanged in time, and ends at once when one comes twice.
		`CREATE TABLE login_session (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			user_id TEXT NOT NULL REFERENCES user(id),
			-- Of a login by cookie: SHA-256 of what the cookie carries.
			cookie_hash TEXT UNIQUE,
			created_at_ms INTEGER NOT NULL,
			expires_at_ms INTEGER NOT NULL,
			ended_at_ms INTEGER,
			ended_because TEXT CHECK (ended_because IN ('logout', 'reuse', 'user_changed', 'password_changed'))
		) STRICT`,
		`CREATE INDEX login_session_user ON login_session(user_id) WHERE ended_at_ms IS NULL`,
		`CREATE TABLE refresh_token (
			-- SHA-256; the token itself is never kept.
			hash TEXT PRIMARY KEY,
			session_id TEXT NOT NULL REFERENCES login_session(id),
			created_at_ms INTEGER NOT NULL,
			used_at_ms INTEGER
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE api_key (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			-- SHA-256 of the secret part, which has 256 bits.
			secret_hash TEXT NOT NULL,
			name TEXT NOT NULL,
			-- JSON list of grants.
			scopes TEXT NOT NULL,
			-- A key of a device of this machine; NULL: of a program of the tenant.
			machine_id TEXT REFERENCES machine(id),
			created_at_ms INTEGER NOT NULL,
			expires_at_ms INTEGER,
			revoked_at_ms INTEGER
		) STRICT`,
		`CREATE INDEX api_key_tenant ON api_key(tenant_id, created_at_ms, id)`,
	],
};
