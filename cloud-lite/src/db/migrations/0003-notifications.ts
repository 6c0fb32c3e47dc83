import type { Migration } from "./migration.ts";

/** Where people and programs are told of things, and what is on its way to them. */
export const notifications: Migration = {
	version: 3,
	name: "notifications",
	statements: [
		`CREATE TABLE notification_channel (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			kind TEXT NOT NULL CHECK (kind IN ('slack', 'pagerduty', 'sms', 'email')),
			name TEXT NOT NULL,
			-- JSON: the webhook's address, the routing key, the telephone numbers or the e-mail addresses.
			target TEXT NOT NULL,
			minimum_severity TEXT NOT NULL CHECK (minimum_severity IN ('info', 'warning', 'critical')),
			-- JSON list of rules; an empty one means all.
			rules TEXT NOT NULL,
			enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX notification_channel_tenant ON notification_channel(tenant_id)`,
		`CREATE TABLE webhook_endpoint (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			url TEXT NOT NULL,
			description TEXT NOT NULL,
			secret TEXT NOT NULL,
			-- Signs beside the new secret until the moment in the next column.
			previous_secret TEXT,
			previous_secret_until_ms INTEGER,
			-- JSON list of event types; an empty one means all.
			event_types TEXT NOT NULL,
			enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
			disabled_reason TEXT,
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX webhook_endpoint_tenant ON webhook_endpoint(tenant_id)`,
		`CREATE TABLE push_subscription (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL,
			shopper_id TEXT NOT NULL,
			endpoint TEXT NOT NULL UNIQUE,
			p256dh TEXT NOT NULL,
			auth TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX push_subscription_shopper ON push_subscription(tenant_id, shopper_id)`,
		`CREATE TABLE delivery (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			tenant_id TEXT NOT NULL,
			kind TEXT NOT NULL CHECK (kind IN ('alarm', 'webhook', 'push', 'mail')),
			destination_id TEXT NOT NULL,
			message_id TEXT NOT NULL,
			subject TEXT NOT NULL,
			payload TEXT NOT NULL,
			state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
			attempts INTEGER NOT NULL DEFAULT 0,
			created_at_ms INTEGER NOT NULL,
			due_at_ms INTEGER NOT NULL,
			-- Whoever attempts a delivery has it for himself until then.
			leased_until_ms INTEGER NOT NULL DEFAULT 0,
			finished_at_ms INTEGER,
			last_error TEXT,
			UNIQUE (message_id, destination_id)
		) STRICT`,
		`CREATE INDEX delivery_due ON delivery(due_at_ms, id) WHERE state = 'pending'`,
		`CREATE INDEX delivery_tenant ON delivery(tenant_id, state, id)`,
	],
};
