import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../test/simulated-device.ts";
import { partitions } from "../../test/updatable-device.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { NorFlash, SECTOR_BYTES } from "../flash/nor-flash.ts";
import { MemoryBroker } from "../network/memory-broker.ts";
import { SeededRandom } from "../random.ts";
import { MemoryNetwork } from "./memory-network.ts";

const second = 1_000_000_000;
const engines = (xs.ok ? ["xs", "node"] : ["node"]) as ("xs" | "node")[];

const talks = `
const bytesOf = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (bytes) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
export function start(host) {
	host.joinWiFi("shop", "secret");
	const session = new host.mqtt({
		host: "broker.example", port: 8883, tls: true, clientId: "m1", user: "m1", password: "p",
		subscriptions: ["devices/m1/in"],
		onConnected() {
			host.log("connected", { signal: host.signalStrength() });
			host.log("publish", { first: session.publish("devices/m1/out", bytesOf("first " + "x".repeat(1500))) });
			try { session.publish("devices/m1/out", bytesOf("too soon")); } catch (error) { host.log("refused", { kind: error.kind }); }
		},
		onMessage(topic, payload) {
			host.log("message", { topic, text: textOf(payload) });
			host.log("publish", { next: session.publish("devices/m1/out", payload) });
		},
		onAcknowledged(identifier) { host.log("acknowledged", { identifier }); },
		onEnded(why) { host.log("ended", { why }); session.close(); },
	});
	host.log("started", { free: host.memoryFree(), signal: host.signalStrength() ?? null });
}`;

async function talk(name: "xs" | "node", mayJoin = true) {
	let network: MemoryNetwork | undefined;
	let broker: MemoryBroker | undefined;
	const device = await makeDevice(name, talks, {
		equip: (clock) => {
			broker = new MemoryBroker({ clock });
			network = new MemoryNetwork({ clock, broker, mayJoin: () => mayJoin });
			return { network, memoryFree: () => 4_242 };
		},
	});
	if (broker === undefined || network === undefined) throw new Error("The device was not equipped.");
	const heard: string[] = [];
	const cloud = broker.client("cloud");
	void cloud.subscribe("devices/m1/out", (_topic, payload) => void heard.push(payload));
	device.engine.start();
	device.clock.run(second);
	return { device, network, broker, cloud, heard };
}

test.each(engines)("%s: messages of any size go to the broker and come from it", async (name) => {
	const { device, cloud, heard, network } = await talk(name);
	const answer = `second ${"y".repeat(2_000)}`;
	void cloud.publish("devices/m1/in", answer);
	void cloud.publish("devices/m1/elsewhere", "not for this device");
	device.clock.run(second);
	network.cut();
	device.clock.run(second);
	expect(heard).toEqual([`first ${"x".repeat(1_500)}`, answer]);
	expect(device.logged).toEqual([
		["started", { free: 4_242, signal: -60 }],
		["connected", { signal: -60 }],
		["publish", { first: 1 }],
		["refused", { kind: "overrun" }],
		["acknowledged", { identifier: 1 }],
		["message", { topic: "devices/m1/in", text: answer }],
		["publish", { next: 2 }],
		["acknowledged", { identifier: 2 }],
		["ended", { why: "lost" }],
	]);
	expect(device.resets).toEqual([]);
});

test.each(engines)("%s: without the network's password nothing is received, and a session times out", async (name) => {
	const { device } = await talk(name, false);
	device.clock.run(40 * second);
	expect(device.logged).toEqual([
		["started", { free: 4_242, signal: null }],
		["ended", { why: "timeout" }],
	]);
});

test.each(engines)("%s: a partition is noticed by the keep-alive", async (name) => {
	const { device, network } = await talk(name);
	network.partition();
	device.clock.run(89 * second);
	expect(device.logged.at(-1)?.[0]).toBe("acknowledged");
	device.clock.run(2 * second);
	expect(device.logged.at(-1)).toEqual(["ended", { why: "timeout" }]);
});

test.each(engines)("%s: a power cut ends the session at the broker's end", async (name) => {
	const { device, cloud, heard } = await talk(name);
	device.engine.stop();
	void cloud.publish("devices/m1/in", "too late");
	device.clock.run(second);
	expect(heard).toHaveLength(1);
	expect(device.logged.at(-1)?.[0]).toBe("acknowledged");
});

test.skipIf(!xs.ok)("XS and Node do the same operations with the network", async () => {
	const operations = [];
	for (const name of engines) {
		const { device, cloud } = await talk(name);
		void cloud.publish("devices/m1/in", "x");
		device.clock.run(second);
		operations.push(device.operations());
	}
	expect(operations[0]).toEqual(operations[1]);
});

test.each(engines)("%s: a device without a network or firmware slots has neither", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { host.log('has', [host.mqtt, host.joinWiFi, host.firmware].map((part) => part === undefined)); }",
	);
	device.engine.start();
	expect(device.logged).toEqual([["has", [true, true, true]]]);
});

test.each(engines)("%s: all of the firmware slots crosses the bridge", async (name) => {
	const asked: unknown[] = [];
	const slots: FirmwareSlots = {
		running: "b",
		state: "trial",
		slotBytes: 4_194_304,
		erase: (byteLength) => asked.push(["erase", byteLength]),
		write: (offset, bytes) => asked.push(["write", offset, [...bytes]]),
		digest: (byteLength) => new Uint8Array(32).fill(byteLength % 256),
		verify: (publicKey, digest, signature) => {
			asked.push(["verify", publicKey.length, digest[0], signature.length]);
			return digest[0] === 7;
		},
		activate: () => asked.push("activate"),
		confirm: () => asked.push("confirm"),
		reject: () => asked.push("reject"),
	};
	const device = await makeDevice(
		name,
		`export function start(host) {
			const { firmware } = host;
			firmware.erase(5000);
			firmware.write(768, new Uint8Array([1, 2, 255]));
			const verify = (byte) => firmware.verify(new Uint8Array(65), new Uint8Array(32).fill(byte), new Uint8Array(64));
			host.log("firmware", { running: firmware.running, state: firmware.state, slotBytes: firmware.slotBytes,
				digest: [...firmware.digest(259)], right: verify(7), wrong: verify(8) });
			firmware.activate();
			firmware.confirm();
			firmware.reject();
		}`,
		{ equip: () => ({ firmware: slots }) },
	);
	device.engine.start();
	expect(device.logged).toEqual([
		[
			"firmware",
			{ running: "b", state: "trial", slotBytes: 4_194_304, digest: new Array(32).fill(3), right: true, wrong: false },
		],
	]);
	expect(asked).toEqual([
		["erase", 5_000],
		["write", 768, [1, 2, 255]],
		["verify", 65, 7, 64],
		["verify", 65, 8, 64],
		"activate",
		"confirm",
		"reject",
	]);
});

test.each(engines)(
	"%s: when the power goes inside a flash operation the device ends there, without a reset",
	async (name) => {
		const flash = new NorFlash({ byteLength: 14 * SECTOR_BYTES, random: new SeededRandom(1), powerFails: () => true });
		const device = await makeDevice(
			name,
			"export function start(host) { host.timer.set(() => { host.log('before', {}); try { host.firmware.erase(1); } finally { host.log('after', {}); } }, 5); }",
			{ equip: () => ({ firmware: new FlashSlots(flash, partitions, 0) }) },
		);
		device.engine.start();
		device.clock.run(second);
		expect(device.logged).toEqual([["before", {}]]);
		expect(device.resets).toEqual([]);
	},
);
