import { createXsEngine } from "@visionvend/hardware-sim/engine/xs-engine";
import { boot } from "@visionvend/hardware-sim/flash/bootloader";
import { makeFirmwareImage } from "@visionvend/hardware-sim/flash/firmware-image";
import { FlashSlots } from "@visionvend/hardware-sim/flash/flash-slots";
import { NorFlash } from "@visionvend/hardware-sim/flash/nor-flash";
import { partitionNamed } from "@visionvend/hardware-sim/flash/partition-table";
import { firmwarePublicKey, makeFirmwareKey, signFirmware } from "@visionvend/hardware-sim/flash/sign-firmware";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { buildXsHost } from "@visionvend/hardware-sim/xs/build";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { expect, test } from "vitest";
import { partitions } from "../../hardware-sim/test/updatable-device.ts";
import { Bench, configuration, overWiFi, topicOf } from "./bench.ts";

const xs = buildXsHost({ onProgress: (line) => console.log(line) });
if (!xs.ok) console.warn(`Tests on XS are skipped. ${xs.reason}`);

test.each(["in this process", "on XS"])(
	"new firmware is fetched, started on trial and confirmed when the cloud is heard (%s)",
	(where) => {
		if (where === "on XS" && !xs.ok) return;
		const key = makeFirmwareKey();
		const machine = overWiFi({ ...configuration, firmwareKey: encodeBase64url(firmwarePublicKey(key)) });
		const bench =
			where === "on XS" && xs.ok
				? new Bench(machine, (options) => createXsEngine({ ...options, host: xs }))
				: new Bench(machine);
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
		bench.command(topicOf.helloRequest, { request: "copy of an old one" });
		bench.run(2);
		expect(bench.events()).not.toContain("firmware.confirmed");
		bench.answer();
		bench.run(2);
		expect(bench.events()).toContain("firmware.confirmed");
		bench.run(90);
		expect(bench.restarts).toHaveLength(1);
		const figures = bench.engine?.statistics;
		if (figures === undefined) return;
		// Of the start on trial. While chunks come, the figure says nothing: a regular expression over a long text takes
		// whatever is free of the stack as scratch memory (xsre.c, fxPushState), and the rest from the heap.
		console.log(`A start on trial on XS: stack ${figures.stackPeak} of ${figures.stackBudget} slots.`);
		expect(figures.stackPeak).toBeLessThan(0.8 * figures.stackBudget);
	},
);
