import { boot } from "@visionvend/hardware-sim/flash/bootloader";
import { makeFirmwareImage } from "@visionvend/hardware-sim/flash/firmware-image";
import { FlashSlots } from "@visionvend/hardware-sim/flash/flash-slots";
import { NorFlash } from "@visionvend/hardware-sim/flash/nor-flash";
import { partitionNamed } from "@visionvend/hardware-sim/flash/partition-table";
import { firmwarePublicKey, makeFirmwareKey, signFirmware } from "@visionvend/hardware-sim/flash/sign-firmware";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { oledTextArt } from "@visionvend/hardware-sim/trace/text-art";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { expect, test } from "vitest";
import { partitions } from "../../hardware-sim/test/updatable-device.ts";
import { Bench, configuration, equipped, overWiFi, topicOf, vending } from "../test/bench.ts";

function readyBench(machine = configuration): Bench {
	const bench = new Bench(machine);
	bench.restartable = true;
	bench.powerUp();
	bench.run(10);
	return bench;
}

const screen = (bench: Bench) => oledTextArt(bench.display.pixels, 128, 64);

test("food that was warm for a quarter of an hour is not sold, until a person has looked at it", () => {
	const bench = readyBench(equipped);
	const idle = screen(bench);
	bench.thermometer.setCelsius(8);
	bench.run(910);
	expect(bench.controller?.phase).toBe("health-lock");
	expect(bench.health()).toMatchObject({ phase: "health-lock" });
	const locked = screen(bench);
	expect(locked).not.toBe(idle);
	bench.unlock("sale-1", 1);
	bench.run(2);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "health-lock" }]);
	bench.remote("f1", "clear-food-lock");
	bench.run(6);
	expect(bench.statuses("f1")).toEqual(["received", "failed still-warm"]);
	bench.powerCut();
	bench.powerUp();
	bench.thermometer.setCelsius(3);
	bench.run(20);
	expect(bench.controller?.phase).toBe("health-lock");
	bench.remote("f2", "clear-food-lock");
	bench.run(6);
	expect(bench.statuses("f2")).toEqual(["received", "done"]);
	expect(bench.controller?.phase).toBe("locked");
	expect(screen(bench)).toBe(idle);
});

test("a thermometer that says nothing for a minute locks, and its return unlocks", () => {
	const bench = readyBench(equipped);
	bench.thermometer.setConnected(false);
	bench.run(75);
	expect(bench.controller?.phase).toBe("health-lock");
	bench.thermometer.setConnected(true);
	bench.run(15);
	expect(bench.controller?.phase).toBe("locked");
});

test("the door of a vending machine is its servant's: opened in a service, forced otherwise", () => {
	const bench = readyBench(vending);
	bench.remote("s1", "service-start", { minutes: 10 });
	bench.run(1);
	expect(bench.lock.released).toBe(true);
	bench.hall.setMagnet(false);
	bench.run(1);
	expect(bench.lock.energised).toBe(false);
	bench.hall.setMagnet(true);
	bench.run(1);
	bench.dispense("sale-1", 1, [0]);
	bench.run(2);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "service" }]);
	bench.button.press();
	bench.run(0.2);
	bench.button.release();
	bench.run(0.5);
	expect(bench.lock.pulses).toBe(2);
	bench.button.press();
	bench.run(4);
	bench.button.release();
	bench.run(2);
	expect(bench.statuses("s1")).toEqual(["received", "running", "done"]);
	bench.hall.setMagnet(false);
	bench.run(1);
	expect(bench.bodies(topicOf.door).map(({ state }) => state)).toEqual(["opened", "closed", "forced"]);
	bench.button.press();
	bench.run(0.2);
	bench.button.release();
	bench.run(1);
	expect(bench.lock.pulses).toBe(2);
	expect(bench.lock.longestOnMs).toBeLessThan(5_000);
});

test("new firmware is fetched, started on trial and confirmed when the cloud is heard", () => {
	const key = makeFirmwareKey();
	const bench = new Bench(overWiFi({ ...configuration, firmwareKey: encodeBase64url(firmwarePublicKey(key)) }));
	bench.restartable = true;
	const { offset: start, byteLength: length } = partitionNamed(partitions, "ota_1");
	const flash = new NorFlash({ byteLength: start + length, random: new SeededRandom(1), powerFails: () => false });
	const product = "visionvend-controller";
	const hardware = "esp32-s3-devkitc-1-n16r8";
	const image = (version: string) => makeFirmwareImage({ version, product }, new SeededRandom(7).bytes(3_000));
	flash.program(partitionNamed(partitions, "ota_0").offset, image("0.1.0"));
	bench.slots = () => {
		const booted = boot(flash, partitions);
		if (booted === undefined) throw new Error("The device does not start any more.");
		return new FlashSlots(flash, partitions, booted.slot);
	};
	bench.powerUp();
	bench.run(4);
	const next = image("0.2.0");
	const manifest = signFirmware({ product, hardware, version: "0.2.0", floor: 0 }, next, key);
	bench.command(topicOf.firmware, { commandId: "u1", ...manifest });
	let served = 0;
	for (let tick = 0; tick < 40; tick++) {
		bench.run(0.25);
		const requests = bench.bodies(topicOf.firmwareRequest);
		for (; served < requests.length; served++) {
			const { offset, byteLength } = requests[served] as { offset: number; byteLength: number };
			const data = encodeBase64url(next.subarray(offset, offset + byteLength));
			bench.command(topicOf.firmwareChunk, { commandId: "u1", offset, data });
		}
	}
	expect(bench.restarts).toHaveLength(1);
	expect(bench.events()).toContain("firmware.trial");
	expect(bench.events()).not.toContain("firmware.confirmed");
	bench.hello();
	bench.run(2);
	expect(bench.events()).toContain("firmware.confirmed");
	bench.run(90);
	expect(bench.restarts).toHaveLength(1);
});

test("firmware for a board that cannot exchange it is refused by name", () => {
	const bench = readyBench();
	const image = new Uint8Array(100);
	const release = { product: "visionvend-controller", hardware: "x", version: "9.0.0", floor: 0 };
	bench.command(topicOf.firmware, { commandId: "u1", ...signFirmware(release, image, makeFirmwareKey()) });
	bench.run(2);
	expect(bench.statuses("u1")).toEqual(["failed no-slots"]);
});
