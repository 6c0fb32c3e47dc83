import { NorFlash, SECTOR_BYTES } from "@visionvend/hardware-sim/flash/nor-flash";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { type NativeFirmware, NativeSlots } from "./native-slots.ts";

/** The native functions on a simulated flash, as firmware-slots.c has them. */
class FakeNative implements NativeFirmware {
	readonly flash = new NorFlash({ byteLength: 4 * SECTOR_BYTES, random: new SeededRandom(1) });
	running = 0;
	onTrial = 0;
	error = 0;
	readonly calls: string[] = [];

	vv_firmware_running(): number {
		return this.running;
	}
	vv_firmware_on_trial(): number {
		return this.onTrial;
	}
	vv_firmware_slot_bytes(): number {
		return this.flash.byteLength;
	}
	vv_firmware_erase(offset: number, byteLength: number): number {
		this.calls.push(`erase ${offset} ${byteLength}`);
		if (this.error === 0) this.flash.eraseSector(offset);
		return this.error;
	}
	vv_firmware_write(offset: number, bytes: ArrayBuffer, from: number, byteLength: number): number {
		if (this.error === 0) this.flash.program(offset, new Uint8Array(bytes, from, byteLength));
		return this.error;
	}
	vv_firmware_digest(byteLength: number, digest: ArrayBuffer): number {
		new Uint8Array(digest).fill(byteLength % 256);
		return this.error;
	}
	vv_firmware_verify(publicKey: ArrayBuffer, digest: ArrayBuffer, signature: ArrayBuffer): number {
		this.calls.push(`verify ${[publicKey, digest, signature].map((buffer) => buffer.byteLength).join(" ")}`);
		return new Uint8Array(digest)[0] === 1 ? 1 : 0;
	}
	vv_firmware_activate(): number {
		return this.error;
	}
	vv_firmware_confirm(): number {
		return this.error;
	}
	vv_firmware_reject(): number {
		return this.error;
	}
}

test("slot and state are those of ESP-IDF", () => {
	const native = new FakeNative();
	const slots = new NativeSlots(native);
	expect([slots.running, slots.state, slots.slotBytes]).toEqual(["a", "confirmed", 4 * SECTOR_BYTES]);
	native.running = 1;
	native.onTrial = 1;
	expect([slots.running, slots.state]).toEqual(["b", "trial"]);
});

test("each sector is erased once, right before it is written", () => {
	const native = new FakeNative();
	const slots = new NativeSlots(native);
	native.flash.program(0, new Uint8Array(3 * SECTOR_BYTES));
	slots.erase(9_000);
	expect(native.calls).toEqual(["erase 0 4096"]);
	const image = new SeededRandom(2).bytes(9_000);
	for (let offset = 0; offset < image.length; offset += 768) slots.write(offset, image.subarray(offset, offset + 768));
	expect(native.calls).toEqual(["erase 0 4096", "erase 4096 4096", "erase 8192 4096"]);
	expect(native.flash.read(0, 9_000)).toEqual(image);
	expect(slots.digest(259)).toEqual(new Uint8Array(32).fill(3));
});

test("a write in a wrong place, or of more than was to be erased, is refused", () => {
	const slots = new NativeSlots(new FakeNative());
	expect(() => slots.erase(4 * SECTOR_BYTES + 1)).toThrow(/A slot has/);
	slots.erase(100);
	slots.write(0, new Uint8Array(10));
	expect(() => slots.write(0, new Uint8Array(10))).toThrow(/next byte to write is 10/);
	expect(() => slots.write(10, new Uint8Array(SECTOR_BYTES))).toThrow(/do not fit/);
});

test("the native side gets buffers of the right length, also from views into larger ones", () => {
	const native = new FakeNative();
	const large = new Uint8Array(300).fill(1, 100);
	expect(new NativeSlots(native).verify(large.subarray(0, 65), large.subarray(100, 132), large.subarray(9, 73))).toBe(
		true,
	);
	expect(new NativeSlots(native).verify(large.subarray(0, 65), large.subarray(0, 32), large.subarray(9, 73))).toBe(
		false,
	);
	expect(native.calls).toEqual(["verify 65 32 64", "verify 65 32 64"]);
});

test("an error of ESP-IDF is an error of the hardware", () => {
	const native = new FakeNative();
	const slots = new NativeSlots(native);
	slots.erase(100);
	native.error = 0x105;
	for (const attempt of [
		() => slots.erase(1),
		() => slots.digest(1),
		() => slots.activate(),
		() => slots.confirm(),
		() => slots.reject(),
	]) {
		expect(attempt).toThrow(expect.objectContaining({ kind: "bus", message: expect.stringContaining("261") }));
	}
});
