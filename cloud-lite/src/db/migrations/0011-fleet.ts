import type { Migration } from "./migration.ts";

/** Machines that are onboarded, configured, watched and taken out of service; their devices; batches of commands. */
export const fleet: Migration = {
	version: 11,
	name: "fleet",
	statements: [
		`ALTER TABLE machine ADD COLUMN version INTEGER NOT NULL DEFAULT 1`,
		`ALTER TABLE machine ADD COLUMN maintenance_since_ms INTEGER`,
		`ALTER TABLE machine ADD COLUMN decommissioned_at_ms INTEGER`,
		// 0: its account at the broker has a password that is not known here. Others are derived from the secret.
		`ALTER TABLE machine ADD COLUMN broker_version INTEGER NOT NULL DEFAULT 0`,
		// What the machine shall be like, JSON without secrets; NULL: added by hand, and known to its devices alone.
		`ALTER TABLE machine ADD COLUMN config TEXT`,
		`ALTER TABLE machine ADD COLUMN config_version INTEGER NOT NULL DEFAULT 0`,
		// The command that carries this version to the controller; NULL: nothing of it concerns the controller.
		`ALTER TABLE machine ADD COLUMN config_command TEXT`,
		`CREATE TABLE machine_template (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			name TEXT NOT NULL,
			config TEXT NOT NULL,
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, name)
		) STRICT`,
		`CREATE TABLE machine_claim (
			-- SHA-256 of the code on the QR; the code itself is never kept.
			code_hash TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			created_at_ms INTEGER NOT NULL,
			expires_at_ms INTEGER NOT NULL,
			claimed_at_ms INTEGER
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE device (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			type TEXT NOT NULL CHECK (type IN ('controller', 'pi')),
			model TEXT NOT NULL,
			firmware TEXT NOT NULL DEFAULT '',
			status TEXT NOT NULL DEFAULT 'offline' CHECK (status IN ('online', 'offline', 'maintenance', 'decommissioned')),
			status_since_ms INTEGER NOT NULL,
			last_seen_at_ms INTEGER NOT NULL DEFAULT 0,
			-- What the device said about itself last, JSON; '{}': nothing yet.
			diagnostics TEXT NOT NULL DEFAULT '{}',
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX device_tenant ON device(tenant_id, id)`,
		`CREATE INDEX device_machine ON device(machine_id)`,
		`CREATE INDEX device_heard ON device(status, last_seen_at_ms)`,
		...(["controller", "pi"] as const).map(
			(
				type,
			) => `INSERT INTO device (id, tenant_id, machine_id, type, model, firmware, status_since_ms, last_seen_at_ms, created_at_ms)
				SELECT id || '-${type}', tenant_id, id, '${type}', '${type === "pi" ? "raspberry-pi" : "esp32-s3"}',
					${type === "pi" ? "''" : "firmware"}, created_at_ms, ${type === "pi" ? "0" : "COALESCE(last_seen_at_ms, 0)"}, created_at_ms
				FROM machine`,
		),
		`CREATE TABLE device_status_change (
			id INTEGER PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			device_id TEXT NOT NULL REFERENCES device(id),
			status TEXT NOT NULL,
			at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX device_status_change_device ON device_status_change(device_id, at_ms)`,
		`CREATE TABLE device_log (
			id INTEGER PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			device_id TEXT NOT NULL REFERENCES device(id),
			at_ms INTEGER NOT NULL,
			level TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
			event TEXT NOT NULL,
			detail TEXT NOT NULL
		) STRICT`,
		`CREATE INDEX device_log_device ON device_log(device_id, id)`,
		`CREATE TABLE command_batch (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			request TEXT NOT NULL,
			requested_by TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`ALTER TABLE remote_command ADD COLUMN batch_id TEXT REFERENCES command_batch(id)`,
		`ALTER TABLE remote_command ADD COLUMN requested_by TEXT NOT NULL DEFAULT ''`,
		// When an action is not wanted any more; NULL: a minute after it was asked for.
		`ALTER TABLE remote_command ADD COLUMN expires_at_ms INTEGER`,
		`CREATE INDEX remote_command_batch ON remote_command(batch_id) WHERE batch_id IS NOT NULL`,
	],
};
