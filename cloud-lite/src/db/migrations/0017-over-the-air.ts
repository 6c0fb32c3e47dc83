import type { Migration } from "./migration.ts";

/** What machines can be updated with, and campaigns that update many, a few first. */
export const overTheAir: Migration = {
	version: 17,
	name: "over-the-air",
	statements: [
		`CREATE TABLE ota_artifact (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			kind TEXT NOT NULL CHECK (kind IN ('controller', 'pi', 'model')),
			manifest TEXT NOT NULL,
			-- NULL until it has come, and was what the manifest says.
			content BLOB,
			created_by TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX ota_artifact_tenant ON ota_artifact(tenant_id, created_at_ms, id)`,
		`CREATE TABLE ota_campaign (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			name TEXT NOT NULL,
			state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'stopped', 'done')),
			plan TEXT NOT NULL,
			ring INTEGER NOT NULL DEFAULT 0,
			ring_opened_at_ms INTEGER,
			-- When the last machine of the ring had reported; from then on it soaks.
			ring_ended_at_ms INTEGER,
			reason TEXT NOT NULL DEFAULT '',
			created_by TEXT NOT NULL,
			approved_by TEXT,
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL,
			check_at_ms INTEGER
		) STRICT`,
		`CREATE INDEX ota_campaign_tenant ON ota_campaign(tenant_id, created_at_ms, id)`,
		`CREATE INDEX ota_campaign_check ON ota_campaign(check_at_ms) WHERE check_at_ms IS NOT NULL`,
		`CREATE TABLE ota_target (
			campaign_id TEXT NOT NULL REFERENCES ota_campaign(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			ring INTEGER NOT NULL,
			state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'done', 'failed')),
			-- JSON: part → {"state": "offered" | "done" | "failed", "command": id or null}
			parts TEXT NOT NULL DEFAULT '{}',
			offered_at_ms INTEGER,
			reason TEXT NOT NULL DEFAULT '',
			PRIMARY KEY (campaign_id, machine_id)
		) STRICT, WITHOUT ROWID`,
		`CREATE INDEX ota_target_machine ON ota_target(machine_id, state)`,
	],
};
