import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";

/** The functions of boards/visionvend_s3/native/firmware-slots.c. Those that return an error return 0 when all went well. */
export interface NativeFirmware {
	/** 0 or 1; -1 when it is none of the two slots. */
	vv_firmware_running(): number;
	/** 1 on trial. */
	vv_firmware_on_trial(): number;
	vv_firmware_slot_bytes(): number;
	vv_firmware_erase(offset: number, byteLength: number): number;
	vv_firmware_write(offset: number, bytes: ArrayBuffer, from: number, byteLength: number): number;
	/** Puts 32 bytes into `digest`. */
	vv_firmware_digest(byteLength: number, digest: ArrayBuffer): number;
	/** 1 when it holds. */
	vv_firmware_verify(publicKey: ArrayBuffer, digest: ArrayBuffer, signature: ArrayBuffer): number;
	vv_firmware_activate(): number;
	vv_firmware_confirm(): number;
	vv_firmware_reject(): number;
}

const SECTOR_BYTES = 4_096;
const DIGEST_BYTES = 32;

/**
 * The slots of an ESP32-S3. `erase` empties the first sector at once, which makes the slot unstartable, and each further
 * one before its first byte is written: a whole slot would take longer than the watchdog waits. An error of flash is a
 * `HardwareError` of kind `bus`, a write in a wrong place one of kind `range`.
 */
export class NativeSlots implements FirmwareSlots {
	readonly #native: NativeFirmware;
	#toEraseBytes = 0;
	#erasedBytes = 0;
	#writtenBytes = 0;

	constructor(native: NativeFirmware) {
		this.#native = native;
	}

	get running(): "a" | "b" {
		return this.#native.vv_firmware_running() === 1 ? "b" : "a";
	}

	get state(): "confirmed" | "trial" {
		return this.#native.vv_firmware_on_trial() === 1 ? "trial" : "confirmed";
	}

	get slotBytes(): number {
		return this.#native.vv_firmware_slot_bytes();
	}

	erase(byteLength: number): void {
		if (byteLength > this.slotBytes) throw new HardwareError("range", `A slot has ${this.slotBytes} bytes.`);
		this.#toEraseBytes = Math.ceil(byteLength / SECTOR_BYTES) * SECTOR_BYTES;
		this.#erasedBytes = 0;
		this.#writtenBytes = 0;
		this.#eraseUpTo(1);
	}

	write(offset: number, bytes: Uint8Array): void {
		const end = offset + bytes.length;
		if (offset !== this.#writtenBytes || end > this.#toEraseBytes) {
			throw new HardwareError(
				"range",
				`The next byte to write is ${this.#writtenBytes} of ${this.#toEraseBytes}: ${bytes.length} bytes at ${offset} do not fit.`,
			);
		}
		this.#eraseUpTo(end);
		const { buffer, byteOffset, length } = bytes.slice();
		check("write", this.#native.vv_firmware_write(offset, buffer, byteOffset, length));
		this.#writtenBytes = end;
	}

	digest(byteLength: number): Uint8Array {
		const digest = new Uint8Array(DIGEST_BYTES);
		check("read", this.#native.vv_firmware_digest(byteLength, digest.buffer));
		return digest;
	}

	verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
		// Copies: a view may begin anywhere in its buffer, and the native side would not know.
		const [key, hash, rs] = [publicKey.slice().buffer, digest.slice().buffer, signature.slice().buffer];
		return this.#native.vv_firmware_verify(key, hash, rs) === 1;
	}

	activate(): void {
		check("activate", this.#native.vv_firmware_activate());
	}

	confirm(): void {
		check("confirm", this.#native.vv_firmware_confirm());
	}

	reject(): void {
		check("reject", this.#native.vv_firmware_reject());
	}

	#eraseUpTo(end: number): void {
		while (this.#erasedBytes < end) {
			check("erase", this.#native.vv_firmware_erase(this.#erasedBytes, SECTOR_BYTES));
			this.#erasedBytes += SECTOR_BYTES;
		}
	}
}

function check(what: string, error: number): void {
	if (error === 0) return;
	throw new HardwareError(
		"bus",
		`Firmware slots: ${what} failed with ESP-IDF's error ${error}. Start the update again.`,
	);
}
