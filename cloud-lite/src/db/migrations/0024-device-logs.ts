import type { Migration } from "./migration.ts";

/** Lines of devices' logs that come by message, each once, and a way through them by tenant. */
export const deviceLogs: Migration = {
	version: 24,
	name: "device-logs",
	statements: [
		// Of the device's process, and the line's number in it; NULL where it came over HTTPS.
		"ALTER TABLE device_log ADD COLUMN life TEXT",
		"ALTER TABLE device_log ADD COLUMN seq INTEGER",
		"CREATE UNIQUE INDEX device_log_once ON device_log(device_id, life, seq) WHERE life IS NOT NULL",
		"CREATE INDEX device_log_tenant ON device_log(tenant_id, id)",
		"CREATE INDEX device_log_age ON device_log(device_id, at_ms)",
	],
};
