import { expect, test } from "vitest";
import {
	imageOf,
	manifestOf,
	signingKey,
	UpdatableDevice,
	type UpdatableDeviceOptions,
} from "../../test/updatable-device.ts";
import { SeededRandom } from "../random.ts";
import { firmwarePublicKey, makeFirmwareKey } from "./sign-firmware.ts";

const image = imageOf("1.1.0");
const last = (device: UpdatableDevice) => device.statuses.at(-1);

/** Offers 1.1.0, or another image with this manifest, and waits until all has come to rest. */
function update(device: UpdatableDevice, manifest = manifestOf(image), sent = image): void {
	device.offer(manifest, sent);
	device.run(90);
}

test("an update is loaded, started on trial, confirmed, and raises the floor", () => {
	const device = new UpdatableDevice();
	update(device, manifestOf(image, { floor: 3 }));
	expect(device.started).toEqual(["1.0.0", "1.1.0"]);
	expect(device.slots?.state).toBe("confirmed");
	expect(device.floor).toBe(3);
	expect(device.statuses.slice(0, 2).map(({ detail }) => detail)).toEqual(["0 %", "10 %"]);
	expect(last(device)).toMatchObject({ state: "done", reason: "" });
});

test("a second update goes to the slot that the first one came from, and a third one back", () => {
	const device = new UpdatableDevice();
	for (const version of ["1.1.0", "1.2.0", "1.10.0"]) {
		update(device, manifestOf(imageOf(version), { version }), imageOf(version));
		expect(device.version).toBe(version);
	}
	expect(device.slots?.running).toBe("b");
});

test("firmware with a part that does not work goes back to the old one and leaves the floor alone", () => {
	const device = new UpdatableDevice({ faulty: ["1.1.0"] });
	update(device, manifestOf(image, { floor: 3 }));
	expect(device.started).toEqual(["1.0.0", "1.1.0", "1.0.0"]);
	expect(device.floor).toBe(0);
	expect(last(device)).toMatchObject({ state: "failed", reason: "rolled-back" });
});

test("firmware that does not reach the cloud within a minute goes back to the old one", () => {
	const device = new UpdatableDevice();
	device.offer(manifestOf(image), image);
	device.run(2.5);
	device.online = false;
	device.run(59);
	expect(device.version).toBe("1.1.0");
	device.run(4);
	expect(device.version).toBe("1.0.0");
});

test("firmware that fails its trial waits until nobody is at the machine", () => {
	const device = new UpdatableDevice({ faulty: ["1.1.0"] });
	device.offer(manifestOf(image), image);
	device.run(4);
	device.busy = true;
	device.run(80);
	expect(device.version).toBe("1.1.0");
	device.busy = false;
	device.run(3);
	expect(device.version).toBe("1.0.0");
});

const stranger = makeFirmwareKey();
const older = imageOf("0.9.9");
const refusals: Record<
	string,
	() => readonly [options: UpdatableDeviceOptions, manifest: ReturnType<typeof manifestOf>]
> = {
	"no-key": () => [{ firmwareKey: "" }, manifestOf(image)],
	"wrong-product": () => [{}, manifestOf(image, { product: "another-controller" })],
	"wrong-hardware": () => [{}, manifestOf(image, { hardware: "esp32-devkitc" })],
	"older-version": () => [{}, manifestOf(older, { version: "0.9.9" })],
	"too-large": () => [{}, manifestOf(new Uint8Array(24_577))],
};

test.each(Object.entries(refusals))("refused: %s", (reason, make) => {
	const [options, manifest] = make();
	const device = new UpdatableDevice(options);
	const { operations } = device.flash;
	update(device, manifest);
	expect(device.statuses).toEqual([{ commandId: manifest.commandId, state: "failed", reason, detail: "" }]);
	expect(device.flash.operations).toBe(operations);
});

test("refused: bad-signature, whichever part of the manifest was changed, and whoever else signed it", () => {
	const manifest = manifestOf(image);
	const { signature } = manifest;
	const forged = [
		manifestOf(image, {}, stranger),
		{ ...manifest, version: "1.1.1" },
		{ ...manifest, floor: 1 },
		{ ...manifest, byteLength: manifest.byteLength - 1 },
		{ ...manifest, sha256: Buffer.alloc(32).toString("base64url") },
		{ ...manifest, signature: `${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}` },
		{ ...manifest, signature: Buffer.alloc(64).toString("base64url") },
		{ ...manifest, signature: Buffer.alloc(64, 0xff).toString("base64url") },
	];
	const device = new UpdatableDevice();
	for (const one of forged) update(device, one);
	expect(device.statuses.map(({ reason }) => reason)).toEqual(forged.map(() => "bad-signature"));
	expect(device.started).toEqual(["1.0.0"]);
});

test("refused: the same version once more, under another command", () => {
	const device = new UpdatableDevice();
	update(device);
	update(device);
	expect(last(device)).toMatchObject({ state: "failed", reason: "older-version" });
});

test("refused: below-floor, even when the version is newer", () => {
	const device = new UpdatableDevice();
	update(device, manifestOf(image, { floor: 5 }));
	const newer = imageOf("1.2.0");
	update(device, manifestOf(newer, { version: "1.2.0", floor: 4 }), newer);
	expect(last(device)).toMatchObject({ state: "failed", reason: "below-floor" });
	expect(device.floor).toBe(5);
	update(device, manifestOf(newer, { version: "1.2.0", floor: 5 }), newer);
	expect(device.version).toBe("1.2.0");
});

test("refused: busy, while somebody is at the machine, another update is under way, or the firmware is on trial", () => {
	const device = new UpdatableDevice();
	device.busy = true;
	update(device);
	expect(last(device)).toMatchObject({ state: "failed", reason: "busy" });
	device.busy = false;
	device.online = false;
	device.offer(manifestOf(image), image);
	device.offer(manifestOf(image), image);
	device.run(1);
	expect(last(device)).toMatchObject({ state: "failed", reason: "busy" });
	device.online = true;
	while (device.slots?.state === "confirmed") device.run(0.5);
	device.online = false;
	expect(device.version).toBe("1.1.0");
	const newer = imageOf("1.2.0");
	device.offer(manifestOf(newer, { version: "1.2.0" }), newer);
	device.run(1);
	expect(last(device)).toMatchObject({ state: "failed", reason: "busy" });
});

test("an image that ends too early is truncated; another one than the manifest names has a bad digest", () => {
	const device = new UpdatableDevice();
	update(device, manifestOf(image), image.subarray(0, 5_000));
	expect(last(device)).toMatchObject({ state: "failed", reason: "truncated" });
	const changed = image.slice();
	changed[9_000] = (changed[9_000] ?? 0) ^ 1;
	update(device, manifestOf(image), changed);
	expect(last(device)).toMatchObject({ state: "failed", reason: "bad-digest" });
	expect(device.started).toEqual(["1.0.0"]);
	update(device);
	expect(device.version).toBe("1.1.0");
});

test("without an answer it asks again with growing waits, and gives up after fifteen requests", () => {
	const device = new UpdatableDevice();
	device.online = false;
	device.offer(manifestOf(image), image);
	device.run(730);
	expect(device.requests).toHaveLength(15);
	expect(last(device)).toMatchObject({ state: "running" });
	device.run(60);
	expect(last(device)).toMatchObject({ state: "failed", reason: "no-answer" });
	device.online = true;
	update(device);
	expect(device.version).toBe("1.1.0");
});

test("it loads nothing while somebody is at the machine, and goes on afterwards", () => {
	const device = new UpdatableDevice();
	device.offer(manifestOf(image), image);
	device.run(0.1);
	device.busy = true;
	device.run(1);
	const { length } = device.requests;
	device.run(120);
	expect(device.requests).toHaveLength(length);
	device.busy = false;
	device.run(30);
	expect(device.version).toBe("1.1.0");
});

test("the same command twice is one update", () => {
	const device = new UpdatableDevice();
	const manifest = manifestOf(image);
	device.offer(manifest, image);
	device.run(0.1);
	update(device, manifest);
	update(device, manifest);
	expect(device.started).toEqual(["1.0.0", "1.1.0"]);
	expect(device.statuses.filter(({ state }) => state === "failed")).toEqual([]);
	expect(device.statuses.filter(({ state }) => state === "done")).toHaveLength(2);
});

test.each([
	["wifi", 768],
	["pi", 384],
] as const)("over %s it asks for chunks of %i bytes", (via, byteLength) => {
	const device = new UpdatableDevice({ via });
	update(device);
	expect(device.version).toBe("1.1.0");
	expect(Math.max(...device.requests.map((request) => request.byteLength))).toBe(byteLength);
});

/** Ways in which each operation is torn. */
const SEEDS = 2;

/**
 * Offers an update as often as there are cuts, and cuts the power so many operations after each offer. Then offers it
 * once more, undisturbed. What must hold is counted.
 */
function cutUpdate(options: UpdatableDeviceOptions, cuts: readonly number[], totals: Totals): void {
	const device = new UpdatableDevice(options);
	for (const cut of cuts) {
		if (device.version !== "1.1.0") device.offer(manifestOf(image, { floor: 1 }), image);
		device.cutAt = device.operations + cut;
		device.run(90);
	}
	device.cutAt = Number.POSITIVE_INFINITY;
	device.run(90);
	totals.runs += 1;
	totals.starts += device.started.length;
	if (options.faulty?.includes(device.version) === true) totals.stuck += 1;
	// Firmware that does not work is followed by one that does.
	const version = options.faulty === undefined ? "1.1.0" : "1.2.0";
	if (device.version !== version) {
		totals.repeated += 1;
		const repeated = imageOf(version);
		device.offer(manifestOf(repeated, { version, floor: 1 }), repeated);
		device.run(90);
	}
	totals.downgrades += device.downgrades;
	if (device.version === version && device.slots?.state === "confirmed" && device.floor === 1) totals.completed += 1;
}

interface Totals {
	runs: number;
	starts: number;
	repeated: number;
	completed: number;
	downgrades: number;
	stuck: number;
}

const noTotals = (): Totals => ({ runs: 0, starts: 0, repeated: 0, completed: 0, downgrades: 0, stuck: 0 });

/** Operations of an update that nothing disturbs, the start before it not counted. */
function operationsOf(options: UpdatableDeviceOptions): number {
	const device = new UpdatableDevice(options);
	update(device, manifestOf(image, { floor: 1 }));
	return device.operations;
}

test.each([
	["forward", "in-order", undefined],
	["forward", "scattered", undefined],
	["back", "in-order", ["1.1.0"]],
	["back", "scattered", ["1.1.0"]],
] as const)(
	"a power cut at every operation on flash and store, %s, programs torn %s: it always starts, never runs an older version, and the update completes",
	(direction, tearing, faulty) => {
		const base = { tearing, ...(faulty === undefined ? {} : { faulty }) };
		const operations = operationsOf(base);
		const totals = noTotals();
		for (let seed = 1; seed <= SEEDS; seed++) {
			for (let cut = 0; cut < operations; cut++) cutUpdate({ ...base, seed }, [cut], totals);
		}
		console.log(`${direction}, ${tearing}: ${operations} operations, ${JSON.stringify(totals)}`);
		expect(totals).toMatchObject({ runs: SEEDS * operations, completed: totals.runs, downgrades: 0, stuck: 0 });
	},
);

test("five power cuts in one update, wherever they come", () => {
	const random = new SeededRandom(11);
	const totals = noTotals();
	for (let seed = 1; seed <= 60; seed++) {
		const cuts = Array.from({ length: 5 }, () => Math.floor(random.next() * 75));
		cutUpdate({ seed, ...(seed % 2 === 0 ? { faulty: ["1.1.0"] } : {}) }, cuts, totals);
	}
	console.log(`five cuts: ${JSON.stringify(totals)}`);
	expect(totals).toMatchObject({ runs: 60, completed: 60, downgrades: 0, stuck: 0 });
});

test("the key in the configuration is the public half of the one that signs", () => {
	const key = firmwarePublicKey(signingKey);
	expect(key).toHaveLength(65);
	expect(key[0]).toBe(4);
	expect(key).not.toEqual(firmwarePublicKey(stranger));
});
