import { createHash } from "node:crypto";
import { Board } from "@visionvend/hardware-sim/board/board";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { CommandStatusBody, FirmwareManifestBody } from "@visionvend/sdk/device/messages";
import { expect, test } from "vitest";
import { configurationOf } from "../../test/uplink-bench.ts";
import type { ControllerHost } from "../controller-host.ts";
import { compareVersions } from "./compare-versions.ts";
import { firmwareIdentity } from "./firmware-identity.ts";
import { type FirmwareRecord, readFirmwareRecord, writeFirmwareRecord } from "./firmware-record.ts";
import { FirmwareTrial } from "./firmware-trial.ts";
import { FirmwareUpdate } from "./firmware-update.ts";
import { manifestText } from "./manifest-text.ts";

// What new firmware goes through on a device with flash, a bootloader and power cuts: hardware-sim/src/flash/update.test.ts.

const image = Uint8Array.from({ length: 100 }, (_, index) => index);
const manifest: FirmwareManifestBody = {
	commandId: "u1",
	product: "visionvend-controller",
	hardware: "esp32-s3-devkitc-1-n16r8",
	version: "9.0.0",
	floor: 0,
	byteLength: image.length,
	sha256: createHash("sha256").update(image).digest("base64url"),
	signature: Buffer.alloc(64).toString("base64url"),
};

class Store implements KeyValue {
	readonly values = new Map<string, Uint8Array>();
	writesLeft = Number.POSITIVE_INFINITY;

	read(key: string): ArrayBuffer | undefined {
		return this.values.get(key)?.slice().buffer;
	}
	write(key: string, value: ArrayBuffer | Uint8Array): void {
		if (this.writesLeft <= 0) throw new Error("flash is worn out");
		this.writesLeft -= 1;
		this.values.set(key, Uint8Array.from(value instanceof Uint8Array ? value : new Uint8Array(value)));
	}
	delete(key: string): void {
		this.values.delete(key);
	}
}

type Method = "erase" | "write" | "digest" | "activate" | "confirm" | "reject";

function bench(
	options: {
		readonly fails?: Method;
		readonly state?: FirmwareSlots["state"];
		readonly slots?: false;
		readonly record?: FirmwareRecord;
	} = {},
) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const storage = new Store();
	if (options.record !== undefined) writeFirmwareRecord(storage, options.record);
	const did: string[] = [];
	let written = new Uint8Array();
	const attempt = (method: Method) => {
		if (options.fails === method) throw new HardwareError("bus", `${method} failed`);
		did.push(method);
	};
	const firmware: FirmwareSlots = {
		running: "a",
		state: options.state ?? "confirmed",
		slotBytes: 4_096,
		erase: () => attempt("erase"),
		write: (offset, bytes) => {
			attempt("write");
			written = Uint8Array.from([...written.subarray(0, offset), ...bytes]);
		},
		digest: () => {
			attempt("digest");
			return createHash("sha256").update(written).digest();
		},
		verify: () => true,
		activate: () => attempt("activate"),
		confirm: () => attempt("confirm"),
		reject: () => attempt("reject"),
	};
	const host: ControllerHost = {
		io: board.io,
		timer: board.timer,
		storage,
		...(options.slots === false ? {} : { firmware }),
		ticks: () => Math.floor(clock.now / 1e6),
		microseconds: () => clock.now / 1e3,
		random: (byteLength) => new Uint8Array(byteLength),
		memoryFree: () => 0,
		signalStrength: () => undefined,
		log: () => undefined,
		resetReason: "power-on",
		restart: () => did.push("restart"),
	};
	const statuses: CommandStatusBody[] = [];
	const firmwareKey = Buffer.alloc(65, 4).toString("base64url");
	const update = new FirmwareUpdate({
		host,
		configuration: { ...configurationOf({ via: "wifi" }), firmwareKey },
		identity: firmwareIdentity,
		status: (body) => statuses.push(body),
		request: ({ commandId, offset, byteLength }) =>
			update.chunk({
				commandId,
				offset,
				data: Buffer.from(image.subarray(offset, offset + byteLength)).toString("base64url"),
			}),
		mayInstall: () => true,
	});
	const run = (seconds: number) => clock.run(seconds * 1e9);
	run(1);
	return { clock, host, storage, did, statuses, update, run };
}

test("an image is erased for, written, read back, activated and started, in this order", () => {
	const { update, did, statuses, run, storage } = bench();
	update.begin(manifest);
	run(10);
	expect(did).toEqual(["erase", "write", "digest", "activate", "restart"]);
	expect(statuses.map(({ state, detail }) => `${state} ${detail}`)).toEqual(["running 0 %", "running 100 %"]);
	expect(readFirmwareRecord(storage).begun).toMatchObject({ commandId: "u1", activated: true });
});

test.each(["erase", "write", "digest", "activate"] as const)(
	"flash that fails to %s ends the update by name",
	(fails) => {
		const { update, statuses, did, run, storage } = bench({ fails });
		update.begin(manifest);
		run(10);
		expect(statuses.at(-1)).toEqual({ commandId: "u1", state: "failed", reason: "flash", detail: "" });
		expect(did).not.toContain("restart");
		expect(readFirmwareRecord(storage)).toEqual({ floor: 0 });
	},
);

test.each([0, 1])("a store that fails after %i writes ends the update by name, and nothing is activated", (writes) => {
	const { update, statuses, did, run, storage } = bench();
	storage.writesLeft = writes;
	update.begin(manifest);
	run(10);
	expect(statuses.at(-1)).toMatchObject({ state: "failed", reason: "storage" });
	expect(did).not.toContain("activate");
});

test("a board without slots says so", () => {
	const { update, statuses, run } = bench({ slots: false });
	update.begin(manifest);
	run(1);
	expect(statuses).toEqual([{ commandId: "u1", state: "failed", reason: "no-slots", detail: "" }]);
});

test("a closed update does nothing any more", () => {
	const { update, statuses, did, run } = bench();
	update.begin(manifest);
	update.close();
	update.close();
	run(10);
	expect([statuses, did]).toEqual([[], []]);
});

test("confirmed firmware has no trial, whatever its parts say", () => {
	const { host, did, run } = bench();
	const trial = new FirmwareTrial({
		host,
		check: () => "scale",
		mayRestart: () => true,
		onConfirmed: () => did.push("told"),
	});
	trial.reachedCloud();
	run(200);
	trial.close();
	expect(did).toEqual([]);
});

test("firmware on trial waits for its parts as long as it may", () => {
	const { host, did, run } = bench({ state: "trial" });
	let problem: string | undefined = "scale";
	const trial = new FirmwareTrial({
		host,
		check: () => problem,
		mayRestart: () => true,
		onConfirmed: () => did.push("told"),
	});
	trial.reachedCloud();
	run(50);
	expect(did).toEqual([]);
	problem = undefined;
	run(2);
	expect(did).toEqual(["confirm", "told"]);
	run(60);
	expect(did).toHaveLength(2);
});

test("a record comes back as it was written, and what is none is an empty one", () => {
	const storage = new Store();
	expect(readFirmwareRecord(storage)).toEqual({ floor: 0 });
	const record = { floor: 4, begun: { commandId: "u1", version: "1.2.3", floor: 5, activated: true }, done: "u0" };
	writeFirmwareRecord(storage, record);
	expect(readFirmwareRecord(storage)).toEqual(record);
	for (const text of ["", "null", "7", "{}", '{"floor":-1}', '{"floor":"4"}']) {
		storage.values.set("firmware", Uint8Array.from(Buffer.from(text)));
		expect(readFirmwareRecord(storage)).toEqual({ floor: 0 });
	}
	storage.values.set("firmware", Uint8Array.from(Buffer.from('{"floor":4,"begun":{"version":1},"done":3}')));
	expect(readFirmwareRecord(storage)).toEqual({ floor: 4 });
});

test("an offer that is repeated while its firmware is on trial is under way, not an older version", () => {
	const begun = { commandId: "u1", version: firmwareIdentity.version, floor: 0, activated: true };
	const { update, statuses, run } = bench({ state: "trial", record: { floor: 0, begun } });
	update.begin({ ...manifest, version: firmwareIdentity.version });
	run(1);
	expect(statuses).toEqual([{ commandId: "u1", state: "running", reason: "", detail: "On trial." }]);
});

test("an offer that is repeated after its firmware has failed is not tried a second time", () => {
	const begun = { commandId: "u1", version: "9.0.0", floor: 0, activated: true };
	const { update, statuses, did, run } = bench({ record: { floor: 0, begun } });
	expect(statuses.map(({ reason }) => reason)).toEqual(["rolled-back"]);
	update.begin(manifest);
	run(10);
	expect(statuses.map(({ reason }) => reason)).toEqual(["rolled-back", "rolled-back"]);
	expect(did).toEqual([]);
});

test.each(["confirm", "reject"] as const)(
	"flash that fails to %s firmware on trial leaves the way back open",
	(fails) => {
		const { host, did, run } = bench({ state: "trial", fails });
		const trial = new FirmwareTrial({
			host,
			check: () => (fails === "reject" ? "scale" : undefined),
			mayRestart: () => true,
			onConfirmed: () => did.push("told"),
		});
		trial.reachedCloud();
		run(70);
		// Unconfirmed, the bootloader goes back by itself.
		expect(did).toEqual(fails === "reject" ? ["restart"] : ["reject", "restart"]);
	},
);

test("versions are compared by number, not by letter", () => {
	const rising = ["0.0.9", "0.0.10", "0.1.0", "0.10.0", "1.0.0", "1.2.0", "1.10.0", "2.0.0", "10.0.0"];
	for (const [index, version] of rising.entries()) {
		for (const [other, than] of rising.entries()) {
			expect(Math.sign(compareVersions(version, than))).toBe(Math.sign(index - other));
		}
	}
});

test("the text that is signed names all of the manifest but command and signature", () => {
	expect(manifestText(manifest)).toBe(
		`visionvend-firmware/1\nproduct=visionvend-controller\nhardware=esp32-s3-devkitc-1-n16r8\nversion=9.0.0\nfloor=0\nbyteLength=100\nsha256=${manifest.sha256}\n`,
	);
});
