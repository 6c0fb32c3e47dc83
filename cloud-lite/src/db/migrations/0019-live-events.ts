import type { Migration } from "./migration.ts";

/** Changes of alarms as lines of their own, for streams that tell what happens while it happens. */
export const liveEvents: Migration = {
	version: 19,
	name: "live-events",
	statements: [
		`CREATE TABLE alarm_event (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			alarm_id TEXT NOT NULL REFERENCES alarm(id),
			state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
			at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX alarm_event_tenant ON alarm_event(tenant_id, id)`,
		`CREATE TRIGGER alarm_opens AFTER INSERT ON alarm BEGIN
			INSERT INTO alarm_event (tenant_id, alarm_id, state, at_ms)
				VALUES (NEW.tenant_id, NEW.id, NEW.state, NEW.opened_at_ms);
		END`,
		`CREATE TRIGGER alarm_changes AFTER UPDATE OF state ON alarm WHEN NEW.state <> OLD.state BEGIN
			INSERT INTO alarm_event (tenant_id, alarm_id, state, at_ms)
				VALUES (NEW.tenant_id, NEW.id, NEW.state,
					COALESCE(CASE NEW.state WHEN 'resolved' THEN NEW.resolved_at_ms ELSE NEW.acknowledged_at_ms END, NEW.opened_at_ms));
		END`,
		`CREATE INDEX device_status_change_tenant ON device_status_change(tenant_id, id)`,
	],
};
