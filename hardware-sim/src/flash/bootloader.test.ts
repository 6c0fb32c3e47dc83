import { expect, test } from "vitest";
import { imageOf, partitions } from "../../test/updatable-device.ts";
import { SeededRandom } from "../random.ts";
import { boot } from "./bootloader.ts";
import { checkFirmwareImage, makeFirmwareImage } from "./firmware-image.ts";
import { FlashSlots } from "./flash-slots.ts";
import { NorFlash, SECTOR_BYTES } from "./nor-flash.ts";
import { ImageState, readEntries, sequenceCrc, writeEntry } from "./ota-data.ts";
import { boardPartitions, partitionNamed, readPartitions } from "./partition-table.ts";

const otadata = partitionNamed(partitions, "otadata");

function flashWith(images: { readonly ota_0?: string; readonly ota_1?: string }): NorFlash {
	const flash = new NorFlash({ byteLength: 14 * SECTOR_BYTES, random: new SeededRandom(1) });
	for (const [name, version] of Object.entries(images)) {
		flash.program(partitionNamed(partitions, name).offset, imageOf(version));
	}
	return flash;
}

const states = (flash: NorFlash) => readEntries(flash, otadata).map(({ sequence, state }) => [sequence, state]);

test("the CRC of a sequence number is the one that esptool writes", () => {
	// The bytes 9a 98 43 47 behind sequence number 1, as ESP-IDF's otatool.py makes them: binascii.crc32(…, 0xFFFFFFFF).
	expect(sequenceCrc(1)).toBe(0x4743989a);
});

test("a new board starts the first slot and remembers it", () => {
	const flash = flashWith({ ota_0: "1.0.0" });
	expect(boot(flash, partitions)).toEqual({
		slot: 0,
		firmware: { version: "1.0.0", product: "visionvend-controller" },
	});
	expect(states(flash)[0]).toEqual([1, ImageState.valid]);
	const { operations } = flash;
	expect(boot(flash, partitions)?.slot).toBe(0);
	expect(flash.operations).toBe(operations);
});

test("firmware that was activated is started once, and never again unless it is confirmed", () => {
	const flash = flashWith({ ota_0: "1.0.0", ota_1: "1.1.0" });
	boot(flash, partitions);
	new FlashSlots(flash, partitions, 0).activate();
	expect(states(flash)).toEqual([
		[1, ImageState.valid],
		[2, ImageState.new],
	]);
	expect(boot(flash, partitions)?.slot).toBe(1);
	expect(new FlashSlots(flash, partitions, 1).state).toBe("trial");
	expect(states(flash)[1]).toEqual([2, ImageState.pendingVerify]);
	expect(boot(flash, partitions)?.slot).toBe(0);
	expect(states(flash)[1]).toEqual([2, ImageState.aborted]);
	expect(new FlashSlots(flash, partitions, 0).state).toBe("confirmed");
	expect(boot(flash, partitions)?.slot).toBe(0);
});

test("confirmed firmware stays, and rejected firmware goes", () => {
	const flash = flashWith({ ota_0: "1.0.0", ota_1: "1.1.0" });
	boot(flash, partitions);
	new FlashSlots(flash, partitions, 0).activate();
	boot(flash, partitions);
	const slots = new FlashSlots(flash, partitions, 1);
	slots.confirm();
	slots.confirm();
	expect(boot(flash, partitions)?.slot).toBe(1);
	slots.reject();
	expect(states(flash)[1]).toEqual([2, ImageState.invalid]);
	expect(boot(flash, partitions)?.slot).toBe(0);
	expect(() => new FlashSlots(flash, partitions, 0).reject()).toThrow(/no other firmware/);
});

test("a slot whose image is damaged is passed over, and without any the board does not start", () => {
	const flash = flashWith({ ota_0: "1.0.0", ota_1: "1.1.0" });
	writeEntry(flash, otadata, 0, { sequence: 2, state: ImageState.valid });
	expect(boot(flash, partitions)?.slot).toBe(1);
	flash.eraseSector(partitionNamed(partitions, "ota_1").offset + SECTOR_BYTES);
	expect(boot(flash, partitions)?.slot).toBe(0);
	flash.eraseSector(partitionNamed(partitions, "ota_0").offset);
	expect(boot(flash, partitions)).toBeUndefined();
});

test("slots take only what follows on what was written, and not more than was erased", () => {
	const flash = flashWith({ ota_0: "1.0.0" });
	const slots = new FlashSlots(flash, partitions, 0);
	expect([slots.running, slots.slotBytes]).toEqual(["a", 6 * SECTOR_BYTES]);
	expect(() => slots.write(0, new Uint8Array(1))).toThrow(/0 are erased/);
	expect(() => slots.erase(slots.slotBytes + 1)).toThrow(/cannot be erased/);
	slots.erase(5_000);
	slots.write(0, new Uint8Array(768));
	expect(() => slots.write(0, new Uint8Array(768))).toThrow(/next byte to write is 768/);
	expect(() => slots.write(1_000, new Uint8Array(1))).toThrow(/next byte to write is 768/);
});

test("every single damaged byte of an image is found", () => {
	const image = makeFirmwareImage({ version: "2.0.0", product: "p" }, Uint8Array.of(1, 2, 3, 4, 5));
	const check = (bytes: Uint8Array) =>
		checkFirmwareImage((offset, byteLength) => {
			const read = new Uint8Array(byteLength).fill(0xff);
			read.set(bytes.subarray(offset, offset + byteLength));
			return read;
		}, 4_096);
	expect(check(image)).toEqual({ version: "2.0.0", product: "p" });
	for (let index = 0; index < image.length; index++) {
		const damaged = image.slice();
		damaged[index] = (damaged[index] ?? 0) ^ 0x10;
		expect(check(damaged), `byte ${index}`).toBeUndefined();
	}
});

test("the board's table has two equal slots, and their bookkeeping in two sectors", () => {
	const table = boardPartitions();
	expect(partitionNamed(table, "ota_0").byteLength).toBe(partitionNamed(table, "ota_1").byteLength);
	expect(partitionNamed(table, "otadata").byteLength).toBe(2 * SECTOR_BYTES);
	expect(() => partitionNamed(table, "factory")).toThrow(/no factory/);
	expect(() => readPartitions("nvs, data, nvs, , 0x6000")).toThrow(/needs an offset/);
});
