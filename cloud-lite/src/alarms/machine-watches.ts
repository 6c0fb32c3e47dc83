import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Finding, Watch } from "./finding.ts";

/** A controller with less is about to fail: its stack alone needs as much. */
const leastFreeBytes = 8 * 1024;
const minuteMs = 60_000;

const machineSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	at: z.int(),
});
const healthSchema = z.object({
	memoryFreeBytes: z.int(),
	temperatureCentidegrees: z.int().optional(),
	bins: z.array(z.object({ name: z.string(), portions: z.int(), low: z.boolean() })).default([]),
	faults: z.array(z.string()),
});

/** A machine in service that has been seen once, and not for a while. */
export function offlineWatch(database: Pick<Database, "read">): Watch {
	return async (figuresOf, nowMs) => {
		const rows = await database.read(
			`SELECT id, tenant_id, name, last_seen_at_ms AS at FROM machine
				WHERE last_seen_at_ms < ? AND maintenance_since_ms IS NULL AND decommissioned_at_ms IS NULL
				ORDER BY tenant_id, id`,
			[nowMs - minuteMs],
		);
		return rows
			.map((row) => machineSchema.parse(row))
			.filter(({ tenant_id, id, at }) => nowMs - at > figuresOf(tenant_id, "device_offline", id).withinMs)
			.map(({ id, tenant_id, name, at }) => ({
				tenantId: tenant_id,
				rule: "device_offline",
				machineId: id,
				subject: "",
				source: name,
				summary: `${name} has been offline for ${Math.floor((nowMs - at) / minuteMs)} minutes`,
				details: { "Last seen": new Date(at).toISOString() },
			}));
	};
}

/** What a machine's last health message complains of. While a machine says nothing, what it said last counts on. */
export function healthWatch(database: Pick<Database, "read">): Watch {
	return async (figuresOf) => {
		const rows = await database.read(
			`SELECT id, tenant_id, name, health, health_at_ms AS at FROM machine
				WHERE health IS NOT NULL AND health_at_ms IS NOT NULL ORDER BY tenant_id, id`,
		);
		return rows.flatMap((row) => {
			const { id, tenant_id, name, at, health } = machineSchema.extend({ health: z.string() }).parse(row);
			const { memoryFreeBytes, temperatureCentidegrees, bins, faults } = healthSchema.parse(JSON.parse(health));
			const of = { tenantId: tenant_id, machineId: id, source: name };
			const found: Finding[] = [];
			const warmest = figuresOf(tenant_id, "temperature", id).threshold;
			if (temperatureCentidegrees !== undefined && temperatureCentidegrees > warmest) {
				const degrees = (temperatureCentidegrees / 100).toFixed(1);
				found.push({
					...of,
					rule: "temperature",
					subject: "",
					summary: `${name} is too warm: ${degrees} °C`,
					details: { "Degrees Celsius": degrees, Limit: (warmest / 100).toFixed(1) },
					lastingSinceMs: at,
				});
			}
			for (const { name: bin, portions, low } of bins) {
				if (!low) continue;
				found.push({
					...of,
					rule: "low_stock",
					subject: `bin ${bin}`,
					summary: `${name} runs low on ${bin}`,
					details: portions < 0 ? { Bin: bin } : { Bin: bin, Portions: portions },
				});
			}
			for (const fault of new Set(faults)) {
				found.push({
					...of,
					rule: "machine_fault",
					subject: fault,
					summary: `${name} reports a fault: ${fault}`,
					details: { Fault: fault },
				});
			}
			if (memoryFreeBytes < leastFreeBytes) {
				found.push({
					...of,
					rule: "resource_exhaustion",
					subject: "memory",
					summary: `The controller of ${name} runs out of memory`,
					details: { "Free bytes": memoryFreeBytes },
				});
			}
			return found;
		});
	};
}

/** A door that stands ajar, and one that was forced. */
export function doorWatch(database: Pick<Database, "read">): Watch {
	return async () => {
		const ajar = await database.read(
			`SELECT id, tenant_id, name, door_at_ms AS at FROM machine
				WHERE door_state = 'ajar' AND door_at_ms IS NOT NULL ORDER BY tenant_id, id`,
		);
		// The door's message may be lost; the sale that its report makes is not.
		const forced = await database.read(
			`SELECT machine.id, machine.tenant_id, machine.name, MAX(at) AS at FROM (
					SELECT id AS machine_id, forced_at_ms AS at FROM machine WHERE forced_at_ms IS NOT NULL
					UNION ALL SELECT machine_id, requested_at_ms FROM sale WHERE cause = 'forced_door' AND state = 'review'
				) JOIN machine ON machine.id = machine_id GROUP BY machine.id ORDER BY machine.tenant_id, machine.id`,
		);
		return [
			...ajar.map((row): Finding => {
				const { id, tenant_id, name, at } = machineSchema.parse(row);
				return {
					tenantId: tenant_id,
					rule: "door_ajar",
					machineId: id,
					subject: "",
					source: name,
					summary: `The door of ${name} stands ajar`,
					details: { Since: new Date(at).toISOString() },
					lastingSinceMs: at,
				};
			}),
			...forced.map((row): Finding => {
				const { id, tenant_id, name, at } = machineSchema.parse(row);
				return {
					tenantId: tenant_id,
					rule: "door_forced",
					machineId: id,
					subject: "",
					source: name,
					summary: `The door of ${name} was forced open`,
					details: { At: new Date(at).toISOString() },
					happenedAtMs: at,
				};
			}),
		];
	};
}

/** New keys that a machine did not take in time: it is tried on, or its old keys ended and it has to be claimed again. */
export function keysWatch(database: Pick<Database, "read">): Watch {
	return async () => {
		const rows = await database.read(
			`SELECT machine.id, machine.tenant_id, machine.name, deadline_at_ms AS at, state FROM key_rotation
				JOIN machine ON machine.id = machine_id
				WHERE decommissioned_at_ms IS NULL
					AND (state = 'overdue' OR (state = 'revoked' AND COALESCE(last_seen_at_ms, 0) <= ended_at_ms))
				ORDER BY machine.tenant_id, machine.id`,
		);
		return rows.map((row): Finding => {
			const { id, tenant_id, name, at, state } = machineSchema.extend({ state: z.string() }).parse(row);
			return {
				tenantId: tenant_id,
				rule: "keys_not_taken",
				machineId: id,
				subject: "",
				source: name,
				summary:
					state === "revoked" ? `${name} has no good keys: claim it again` : `${name} has not taken its new keys`,
				details: { Deadline: new Date(at).toISOString() },
			};
		});
	};
}

const failuresSchema = machineSchema.omit({ at: true }).extend({ failures: z.int() });

/**
 * Payments that failed at one machine: its card reader, its network, or somebody who tries stolen cards. A hold that may
 * not grow is no failure: the price is taken in another way.
 */
export function paymentWatch(database: Pick<Database, "read">): Watch {
	return async (figuresOf, nowMs) => {
		const longestMs = 86_400_000;
		const rows = await database.read(
			`SELECT machine.id, machine.tenant_id, machine.name, payment_operation.finished_at_ms AS at
				FROM payment_operation JOIN sale ON sale.id = sale_id JOIN machine ON machine.id = sale.machine_id
				WHERE payment_operation.state = 'failed' AND payment_operation.kind <> 'increment'
					AND payment_operation.finished_at_ms > ?
				ORDER BY machine.tenant_id, machine.id`,
			[nowMs - longestMs],
		);
		const machines = new Map<string, z.infer<typeof failuresSchema>>();
		for (const row of rows) {
			const { id, tenant_id, name, at } = machineSchema.parse(row);
			if (nowMs - at > figuresOf(tenant_id, "payment_failures", id).withinMs) continue;
			const failures = (machines.get(id)?.failures ?? 0) + 1;
			machines.set(id, { id, tenant_id, name, failures });
		}
		return [...machines.values()]
			.filter(({ id, tenant_id, failures }) => failures >= figuresOf(tenant_id, "payment_failures", id).threshold)
			.map(({ id, tenant_id, name, failures }) => ({
				tenantId: tenant_id,
				rule: "payment_failures",
				machineId: id,
				subject: "",
				source: name,
				summary: `${failures} payments failed at ${name}`,
				details: { Failures: failures },
			}));
	};
}
