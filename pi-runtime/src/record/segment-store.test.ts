import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { readSegmentName, segmentName } from "./segment-name.ts";
import { SegmentStore, type SegmentStoreOptions } from "./segment-store.ts";

let root: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-segments-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const packets = 10;
const groupBytes = packets * 188;
const quiet = { camera: 0, kind: "quiet" } as const;

function bytesOnDisk(folder: string): number {
	const files = readdirSync(folder).filter((file) => readSegmentName(file) !== undefined);
	return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

async function openStore(more: Partial<SegmentStoreOptions> = {}) {
	const folder = more.folder ?? mkdtempSync(join(root, "case-"));
	const clock = more.clock ?? new TestClock();
	const problems: string[] = [];
	const store = await SegmentStore.open({
		...{ folder, quotaBytes: 1e9, mostHours: 24, clock, freeShare: async () => 1 },
		...{ onProblem: (problem) => problems.push(problem), ...more },
	});
	const append = (startMs: number, endMs = startMs + 2_000, bytes = groupBytes) =>
		store.append(quiet, { bytes: new Uint8Array(bytes).fill(0x47), startMs, endMs });
	return { store, folder, clock, problems, append };
}

const start = new TestClock().now();

test("a name tells time, camera and kind, and reads back", () => {
	const name = { startMs: start, camera: 1, kind: "door" } as const;
	expect(segmentName(name)).toBe("20260921T141320.000Z-camera-1-door.ts");
	expect(readSegmentName(segmentName(name))).toEqual(name);
	expect(readSegmentName("holiday.ts")).toBeUndefined();
	expect(readSegmentName("20261399T141320.000Z-camera-1-door.ts")).toBeUndefined();
});

test("a file is finished after a minute, and where pictures are missing another begins", async () => {
	const { store, append } = await openStore();
	for (let second = 0; second < 120; second += 2) await append(start + second * 1_000);
	await append(start + 125_000);
	await store.close();
	expect(store.segments.map(({ startMs, endMs }) => [startMs - start, endMs - start])).toEqual([
		[0, 60_000],
		[60_000, 120_000],
		[125_000, 127_000],
	]);
});

test("the oldest that nobody pinned makes room; what is pinned stays until it is unpinned, also over a restart", async () => {
	const quotaBytes = groupBytes * 3;
	const { store, append, folder, clock } = await openStore({ quotaBytes });
	// A minute apart: a file each.
	await append(start);
	await append(start + 60_000);
	await append(start + 120_000);
	await store.pin("report-1", { fromMs: start + 1_000, untilMs: start + 1_500 });
	expect(await append(start + 180_000)).toBeUndefined();
	const minutes = () => store.segments.map(({ startMs }) => (startMs - start) / 60_000);
	expect(minutes()).toEqual([0, 2, 3]);
	await store.close();

	const again = await openStore({ quotaBytes, folder, clock });
	await again.append(start + 240_000);
	await again.append(start + 300_000);
	expect(again.store.segments.map(({ startMs }) => (startMs - start) / 60_000)).toEqual([0, 4, 5]);
	await again.store.unpin("report-1");
	await again.append(start + 360_000);
	expect(again.store.segments.map(({ startMs }) => (startMs - start) / 60_000)).toEqual([4, 5, 6]);
	await expect(again.store.pin("../etc", { fromMs: 0, untilMs: 1 })).rejects.toThrow("no name of a pin");
});

test("pinned recordings that fill the quota stop the recording rather than exceed it", async () => {
	const { store, append, folder } = await openStore({ quotaBytes: groupBytes * 2 });
	await store.pin("all", { fromMs: start, untilMs: start + 1e9 });
	expect(await append(start)).toBeUndefined();
	expect(await append(start + 60_000)).toBeUndefined();
	expect(await append(start + 120_000)).toBe("quota");
	expect(bytesOnDisk(folder)).toBe(groupBytes * 2);
});

test("what is older than its hours goes, unless it is pinned", async () => {
	const clock = new TestClock();
	const { store, append } = await openStore({ clock, mostHours: 1 });
	await append(start);
	await append(start + 60_000);
	await store.pin("kept", { fromMs: start, untilMs: start + 1_000 });
	clock.step(start + 2 * 3_600_000);
	await append(start + 7_200_000);
	expect(store.segments.map(({ startMs }) => startMs - start)).toEqual([0, 7_200_000]);
});

test("where less than a tenth of the disk is free old recordings go, and then nothing is recorded", async () => {
	let free = 1;
	const { store, append } = await openStore({ freeShare: async () => free });
	await append(start);
	free = 0.09;
	expect(await append(start + 60_000)).toBe("disk-full");
	expect(store.segments).toEqual([]);
	free = 0.2;
	expect(await append(start + 120_000)).toBeUndefined();
});

test("whatever cuts the process or fills the disk: files hold whole packets, nothing is lost but at the cut, the quota holds", async () => {
	const step = fc.oneof(
		{
			weight: 12,
			arbitrary: fc.record({ kind: fc.constant("record" as const), groups: fc.integer({ min: 1, max: 40 }) }),
		},
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), torn: fc.integer({ min: 0, max: 400 }) }) },
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), free: fc.constantFrom(0.05, 0.5) }) },
		{ weight: 1, arbitrary: fc.record({ kind: fc.constant("pin" as const), groups: fc.integer({ min: 0, max: 20 }) }) },
	);
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
			const quotaBytes = groupBytes * 100;
			let free = 1;
			const open = (folder?: string) =>
				openStore({ quotaBytes, freeShare: async () => free, ...(folder === undefined ? {} : { folder }) });
			let { store, folder, append } = await open();
			let nowMs = start;
			/** Moments at which pictures may be missing. */
			const cuts: number[] = [];
			for (const next of steps) {
				if (next.kind === "disk") free = next.free;
				if (next.kind === "pin")
					await store.pin(`pin-${nowMs}`, { fromMs: nowMs - next.groups * 2_000, untilMs: nowMs });
				if (next.kind === "record") {
					for (let group = 0; group < next.groups; group += 1, nowMs += 2_000) {
						if ((await append(nowMs)) !== undefined) cuts.push(nowMs);
						expect(bytesOnDisk(folder)).toBeLessThanOrEqual(quotaBytes);
					}
				}
				if (next.kind === "cut") {
					// What stood on the disk at the cut, with what its cache had not written yet torn off.
					const after = mkdtempSync(join(root, "cut-"));
					cpSync(folder, after, { recursive: true });
					await store.close();
					for (const file of readdirSync(after).filter((name) => name.endsWith(".part"))) {
						const path = join(after, file);
						truncateSync(path, Math.max(0, statSync(path).size - next.torn));
					}
					cuts.push(nowMs);
					({ store, folder, append } = await open(after));
				}
			}
			await store.close();
			const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
			expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
			for (const file of files) expect(readFileSync(join(folder, file)).length % 188).toBe(0);
			const starts = store.segments.map(({ startMs }) => startMs);
			const oldest = starts[0] ?? 0;
			// Between the oldest and the newest each moment is in a file, or a cut or a pin explains why it is not.
			const covered = store.segments.reduce((sum, { bytes }) => sum + Math.ceil(bytes / groupBytes), 0);
			const hasPins = steps.some(({ kind }) => kind === "pin");
			if (starts.length > 0 && !hasPins) expect(covered + cuts.length).toBeGreaterThanOrEqual((nowMs - oldest) / 2_000);
		}),
		{ numRuns: 15 },
	);
});

test("a pin that a power cut left half written is no pin, and hides no other", async () => {
	const folder = mkdtempSync(join(root, "pins-"));
	writeFileSync(join(folder, "torn.pin.json"), '{"fromMs":');
	const { store, append } = await openStore({ folder, quotaBytes: groupBytes });
	await append(start);
	expect(await append(start + 60_000)).toBeUndefined();
	expect(store.segments).toHaveLength(1);
});
