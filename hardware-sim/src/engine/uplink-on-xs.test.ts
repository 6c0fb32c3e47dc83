import { deriveKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../test/simulated-device.ts";
import { imageOf, manifestOf, partitions, signingKey } from "../../test/updatable-device.ts";
import { boot } from "../flash/bootloader.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { NorFlash, SECTOR_BYTES } from "../flash/nor-flash.ts";
import { partitionNamed } from "../flash/partition-table.ts";
import { firmwarePublicKey } from "../flash/sign-firmware.ts";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { MemoryBroker } from "../network/memory-broker.ts";
import { SeededRandom } from "../random.ts";
import { MemoryNetwork } from "./memory-network.ts";

const second = 1_000_000_000;
const machineId = "m1";
const topicOf = topics(machineId);
const secret = new Uint8Array(32).fill(3);
const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));
const configured = ({ kid, key }: typeof toController) => ({ kid, key: encodeBase64url(key) });

const configuration = {
	...demoControllerConfiguration(machineId, { receive: configured(toController), send: configured(fromController) }),
	uplink: {
		via: "wifi",
		ssid: "shop",
		password: "p",
		broker: { host: "broker.example", port: 8883, tls: true, user: machineId, password: "p" },
	},
	firmwareKey: encodeBase64url(firmwarePublicKey(signingKey)),
};

/** A controller without a door: all that it does is talk, and take new firmware. */
const program = `
import { openUplink } from "@visionvend/firmware/uplink/uplink";
import { FirmwareUpdate } from "@visionvend/firmware/update/firmware-update";
import { topics } from "@visionvend/sdk/device/topics";
export function start(host) {
	const configuration = JSON.parse('${JSON.stringify(configuration)}');
	const topicOf = topics(configuration.machineId);
	const update = new FirmwareUpdate({
		host, configuration, mayInstall: () => true,
		identity: { product: "visionvend-controller", hardware: "esp32-s3-devkitc-1-n16r8", version: "1.0.0", floor: 0 },
		status: (body) => uplink.send({ topic: topicOf.commandStatus, droppable: false, body: () => body }),
		request: (body) => uplink.send({ topic: topicOf.firmwareRequest, droppable: true, body: () => body }),
	});
	const uplink = openUplink({
		host, configuration, boot: 1,
		accepted: [topicOf.unlock, topicOf.firmware, topicOf.firmwareChunk],
		onCommand({ topic, body }) {
			if (topic === topicOf.firmware) update.begin(body);
			else if (topic === topicOf.firmwareChunk) update.chunk(body);
		},
		onRejected: (topic, reason) => host.log("rejected", { topic, reason }),
		onPeer: (connected) => host.log("peer", { connected }),
	});
	uplink.send({ topic: topicOf.saleReport, droppable: false, identity: { jti: "r1", seq: 1 },
		body: () => ({ text: "x".repeat(900) }), onDelivered: () => host.log("delivered", {}) });
}`;

test.skipIf(!xs.ok)("an uplink and an update fit into the memory and the stack of an ESP32-S3", async () => {
	const flash = new NorFlash({ byteLength: 14 * SECTOR_BYTES, random: new SeededRandom(1) });
	flash.program(partitionNamed(partitions, "ota_0").offset, imageOf("1.0.0"));
	const booted = boot(flash, partitions);
	const slots = new FlashSlots(flash, partitions, booted?.slot ?? 0);
	let broker: MemoryBroker | undefined;
	const device = await makeDevice("xs", program, {
		equip: (clock) => {
			broker = new MemoryBroker({ clock });
			return { network: new MemoryNetwork({ clock, broker }), firmware: slots };
		},
	});
	const cloud = broker?.client("cloud");
	let sequence = 0;
	const say = (topic: string, body: unknown) => {
		const claims = { iss: "cloud", aud: partyName(machineId, "controller"), jti: `c${sequence}`, seq: sequence++ };
		void cloud?.publish(topic, seal(toController, { ...claims, topic, body }));
	};
	const image = imageOf("1.1.0");
	const states: string[] = [];
	void cloud?.subscribe(`devices/${machineId}/status/#`, (topic, envelope) => {
		const opened = open(fromController, { iss: partyName(machineId, "controller"), aud: "cloud", topic }, envelope);
		const body = opened.ok ? Object(opened.claims.body) : {};
		if (topic === topicOf.saleReport) say(topicOf.acknowledgement, { reportId: "r1", saleId: "s1" });
		if (topic === topicOf.commandStatus) states.push(`${body.state} ${body.reason}${body.detail}`);
		if (topic !== topicOf.firmwareRequest) return;
		const part = image.subarray(body.offset, body.offset + body.byteLength);
		say(topicOf.firmwareChunk, {
			commandId: body.commandId,
			offset: body.offset,
			data: Buffer.from(part).toString("base64url"),
		});
	});
	device.engine.start();
	device.clock.run(3 * second);
	say(topicOf.firmware, manifestOf(image));
	device.clock.run(60 * second);
	expect(states.at(-1)).toBe("running 100 %");
	expect(device.logged.map(([event]) => event)).toContain("delivered");
	expect(device.resets).toEqual(["restart"]);
	expect(boot(flash, partitions)?.firmware.version).toBe("1.1.0");
	const { slotsPeak, slotsBudget, chunksPeak, chunksBudget, stackPeak, stackBudget } = device.statistics();
	console.log(
		`Uplink and update on XS: slots ${slotsPeak} of ${slotsBudget}, chunks ${chunksPeak} of ${chunksBudget} bytes, stack ${stackPeak} of ${stackBudget} slots`,
	);
	expect(slotsPeak).toBeLessThan(0.8 * slotsBudget);
	expect(chunksPeak).toBeLessThan(0.8 * chunksBudget);
	expect(stackPeak).toBeLessThan(0.9 * stackBudget);
});
