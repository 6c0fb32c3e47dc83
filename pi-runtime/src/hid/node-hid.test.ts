import { EventEmitter } from "node:events";
import { HIDScale } from "@visionvend/drivers/hid-scale";
import { expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import type { HIDDevice, HIDLibrary } from "./hid-library.ts";
import { loadNodeHID } from "./load-node-hid.ts";
import { nodeHID } from "./node-hid.ts";

class Handle extends EventEmitter {
	isClosed = false;
	async close(): Promise<void> {
		this.isClosed = true;
	}
}

/** The binding at its border: what is plugged in, and who has it open. */
function usb() {
	const devices: HIDDevice[] = [];
	const handles: Handle[] = [];
	const refused = new Set<string>();
	const library: HIDLibrary = {
		devicesAsync: async () => [...devices],
		HIDAsync: {
			open: async (path) => {
				if (refused.has(path)) throw new Error(`cannot open device with path ${path}`);
				const handle = new Handle();
				handles.push(handle);
				return handle;
			},
		},
	};
	return { devices, handles, refused, library };
}

const scale = (path: string): HIDDevice => ({
	vendorId: 0x0922,
	productId: 0x8003,
	path,
	product: "M5",
	usagePage: 0x8d,
	usage: 0x20,
});

/** Lets what was promised happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function rig() {
	const clock = new TestClock();
	const bus = usb();
	const problems: string[] = [];
	const HID = nodeHID({ library: bus.library, clock, onProblem: (problem) => problems.push(problem) });
	return { clock, bus, problems, HID };
}

test("a device is found by its usage page, and its reports come through", async () => {
	const { bus, HID, problems } = rig();
	bus.devices.push({ ...scale("/dev/hidraw0"), usagePage: 1, usage: 6 }, scale("/dev/hidraw1"));
	const driver = new HIDScale({ scale: { io: HID } });
	expect(driver.connected).toBe(false);
	await settle();
	expect(driver.connected).toBe(true);
	bus.handles[0]?.emit("data", Buffer.of(3, 4, 2, 0xff, 123, 0));
	expect(driver.sample()).toEqual({ raw: 123, grams: 12.3 });
	expect(problems).toEqual([]);
	driver.close();
	expect(bus.handles[0]?.isClosed).toBe(true);
});

test("unplugged and plugged in again it is found again, with pauses of half a second to five", async () => {
	const { clock, bus, HID } = rig();
	const changes: boolean[] = [];
	const hid = new HID({
		usagePage: 0x8d,
		onReport: () => undefined,
		onConnectionChange: (connected) => changes.push(connected),
	});
	await settle();
	bus.devices.push(scale("/dev/hidraw1"));
	clock.step(clock.now() + 500);
	await settle();
	expect(changes).toEqual([true]);
	bus.devices.length = 0;
	bus.handles[0]?.emit("error", new Error("could not read from HID device"));
	bus.handles[0]?.emit("error", new Error("could not read from HID device"));
	expect(changes).toEqual([true, false]);
	expect(hid.connected).toBe(false);
	const waits: number[] = [];
	for (let i = 0; i < 6; i++) {
		const before = clock.now();
		expect(clock.step(before + 10_000)).toBe(true);
		waits.push(clock.now() - before);
		await settle();
	}
	expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
	bus.devices.push(scale("/dev/hidraw2"));
	clock.step(clock.now() + 10_000);
	await settle();
	expect(changes).toEqual([true, false, true]);
	hid.close();
	hid.close();
	expect(clock.step(clock.now() + 60_000)).toBe(false);
});

test("a device that may not be opened is told of once, by name", async () => {
	const { clock, bus, HID, problems } = rig();
	bus.devices.push(scale("/dev/hidraw1"));
	bus.refused.add("/dev/hidraw1");
	const hid = new HID({ usagePage: 0x8d, onReport: () => undefined });
	for (let i = 0; i < 4; i++) {
		await settle();
		clock.step(clock.now() + 10_000);
	}
	await settle();
	expect(problems).toHaveLength(1);
	expect(problems[0]).toContain("M5 (0922:8003, /dev/hidraw1)");
	expect(problems[0]).toContain("udev rule");
	bus.refused.clear();
	clock.step(clock.now() + 10_000);
	await settle();
	expect(hid.connected).toBe(true);
	hid.close();
});

test("two devices of one kind go to two instances", async () => {
	const { bus, HID } = rig();
	bus.devices.push(scale("/dev/hidraw1"), scale("/dev/hidraw2"));
	const instances = [1, 2, 3].map(() => new HID({ usagePage: 0x8d, onReport: () => undefined }));
	await settle();
	await settle();
	expect(instances.map(({ connected }) => connected).sort()).toEqual([false, true, true]);
	for (const instance of instances) instance.close();
});

test("closed while it is being opened, a device is let go of", async () => {
	const { bus, HID } = rig();
	bus.devices.push(scale("/dev/hidraw1"));
	const hid = new HID({ usagePage: 0x8d, onReport: () => undefined });
	await Promise.resolve();
	await Promise.resolve();
	hid.close();
	await settle();
	expect(hid.connected).toBe(false);
	expect(bus.handles.every(({ isClosed }) => isClosed)).toBe(true);
});

test("bad options throw", () => {
	const { HID } = rig();
	expect(() => new HID({ usagePage: -1, onReport: () => undefined })).toThrow(RangeError);
	expect(() => Reflect.construct(HID, [{ usagePage: 0x8d }])).toThrow(TypeError);
});

test("without libusb there is one line that says what to install", async () => {
	const clock = new TestClock();
	const missing = "libusb-1.0.so.0: cannot open shared object file: No such file or directory";
	const load = async (): Promise<HIDLibrary> => ({
		...usb().library,
		devicesAsync: async () => {
			throw new Error(missing);
		},
	});
	const failure = loadNodeHID({ clock, onProblem: () => undefined, load });
	await expect(failure).rejects.toThrow(
		`USB readers and scales cannot be used: ${missing}. Install them with: sudo apt-get install libusb-1.0-0 libudev1`,
	);
});

test("the real library on this machine either lists devices or says in one line why it cannot", async () => {
	try {
		const { list } = await loadNodeHID({ clock: new TestClock(), onProblem: () => undefined });
		for (const device of await list()) expect(device.vendorId).toBeTypeOf("number");
	} catch (error) {
		expect(String(error)).toMatch(/^Error: USB readers and scales cannot be used: [^\n]+libusb-1\.0-0[^\n]*$/);
	}
});
