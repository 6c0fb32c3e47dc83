import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { TelemetryWorld } from "../../test/telemetry-world.ts";
import { dayMs, hourMs, minuteMs } from "./telemetry-rollups.ts";

let world: TelemetryWorld;

afterEach(() => world.close());

/** Says the same thing as the rollups, by other means: every message, added up here. */
function addUp(values: readonly { readonly atMs: number; readonly value: number }[], spanMs: number) {
	const buckets = new Map<number, number[]>();
	for (const { atMs, value } of values) {
		const fromMs = atMs - (atMs % spanMs);
		const [count = 0, sum = 0, least = value, most = value] = buckets.get(fromMs) ?? [];
		buckets.set(fromMs, [count + 1, sum + value, Math.min(least, value), Math.max(most, value)]);
	}
	return [...buckets].map(([fromMs, totals]) => ({ fromMs, totals }));
}

async function rolledUp(spanMs: number, metric: string) {
	const rows = await world.telemetry.read(
		"SELECT from_ms, metrics FROM telemetry_rollup WHERE machine_id = 'm1' AND span_ms = ? ORDER BY from_ms",
		[spanMs],
	);
	return rows.map((row) => ({ fromMs: Number(row.from_ms), totals: JSON.parse(String(row.metrics))[metric] }));
}

test("2.1 minutes, hours and days say count, sum, least and most of exactly the messages in them", async () => {
	const gaps = fc.array(
		fc.record({
			afterMs: fc.constantFrom(700, 60_000, 59_750, 600_000, 5_000_000, 90_000_000),
			value: fc.integer({ min: 0, max: 20_000 }),
			instance: fc.constantFrom(0, 1),
		}),
		{ minLength: 1, maxLength: 25 },
	);
	await fc.assert(
		fc.asyncProperty(gaps, async (messages) => {
			world = await TelemetryWorld.create(["m1"]);
			const instances = [world.instance(), world.instance()];
			const values: { atMs: number; value: number }[] = [];
			for (const [seq, { afterMs, value, instance }] of messages.entries()) {
				await world.pass(afterMs);
				instances[instance]?.ingest.receive(...world.sealed("m1", 1, seq, { supplyMillivolts: value }));
				await world.pass(250);
				values.push({ atMs: world.clock.now(), value });
			}
			// Long enough for the last day to end, while every minute is still kept.
			await world.pass(dayMs + 10 * minuteMs);
			const recent = values.filter(({ atMs }) => atMs >= world.clock.now() - 6 * dayMs);
			const minutes = await rolledUp(minuteMs, "supplyMillivolts");
			expect(minutes.filter(({ fromMs }) => recent.some(({ atMs }) => atMs - (atMs % minuteMs) === fromMs))).toEqual(
				addUp(recent, minuteMs),
			);
			expect(await rolledUp(hourMs, "supplyMillivolts")).toEqual(addUp(values, hourMs));
			expect(await rolledUp(dayMs, "supplyMillivolts")).toEqual(addUp(values, dayMs));
			expect(await rolledUp(dayMs, "massesMilligrams[0]")).toHaveLength(addUp(values, dayMs).length);
			expect(world.errors).toEqual([]);
			await world.close();
		}),
		{ seed: 5, numRuns: 8 },
	);
	world = await TelemetryWorld.create([]);
});

test("2.1 a minute with more messages than are summed up at once counts every one of them", async () => {
	world = await TelemetryWorld.create(["m1", "m2"]);
	const { ingest } = world.instance();
	await world.telemetry.write([
		{
			sql: `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 24000)
				INSERT INTO telemetry_raw (machine_id, boot, seq, at_ms, body)
				SELECT 'm' || (1 + n % 2), 1, n, ?, json_object('supplyMillivolts', n) FROM number`,
			args: [world.clock.now()],
		},
	]);
	ingest.receive(...world.sealed("m2", 1, 24_001, { supplyMillivolts: 1 }));
	await world.pass(6 * minuteMs);
	const rows = await world.telemetry.read(
		"SELECT metrics FROM telemetry_rollup WHERE span_ms = 60000 ORDER BY machine_id",
	);
	expect(rows.map(({ metrics }) => JSON.parse(String(metrics)).supplyMillivolts)).toEqual([
		[12_000, 144_012_000, 2, 24_000],
		[12_001, 144_000_001, 1, 23_999],
	]);
});

test("2.1 messages are forgotten after 72 hours, minutes after a week, and hours after 90 days", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { ingest } = world.instance();
	const count = async (sql: string) => Object.values((await world.telemetry.read(sql))[0] ?? {})[0];
	const say = async (seq: number) => {
		ingest.receive(...world.sealed("m1", 1, seq));
		await world.pass(10 * minuteMs);
	};
	await say(1);
	const raw = "SELECT COUNT(*) FROM telemetry_raw WHERE seq = 1";
	const rollups = (spanMs: number) => `SELECT COUNT(*) FROM telemetry_rollup WHERE span_ms = ${spanMs}`;
	await world.pass(71 * hourMs);
	await say(2);
	expect(await count(raw)).toBe(1);
	await world.pass(hourMs);
	await say(3);
	expect(await count(raw)).toBe(0);
	expect(await count(rollups(minuteMs))).toBe(3);
	await world.pass(8 * dayMs);
	await say(4);
	expect(await count(rollups(minuteMs))).toBe(1);
	expect(await count(rollups(hourMs))).toBe(3);
	await world.pass(91 * dayMs);
	await say(5);
	await world.pass(dayMs);
	expect(await count(rollups(hourMs))).toBe(1);
	expect(await count(rollups(dayMs))).toBe(4);
});

test("2.1 nothing wakes up once the last day with messages has ended", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { ingest } = world.instance();
	ingest.receive(...world.sealed("m1", 1, 1));
	await world.pass(dayMs + minuteMs);
	expect(world.clock.nextAtMs).toBeUndefined();
});
