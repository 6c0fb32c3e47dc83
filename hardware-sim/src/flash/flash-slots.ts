import { createHash } from "node:crypto";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { verifyP256 } from "./ecdsa-p256.ts";
import { type NorFlash, SECTOR_BYTES } from "./nor-flash.ts";
import {
	activeEntry,
	ImageState,
	isBlank,
	isInvalid,
	type OtaEntry,
	readEntries,
	slotOf,
	writeEntry,
} from "./ota-data.ts";
import { type Partition, partitionNamed } from "./partition-table.ts";

/**
 * The slots of a device whose firmware runs, on a flash: what ESP-IDF's `esp_ota_ops.c` does to `ota_0`, `ota_1` and
 * `otadata`. Operations that the power cuts throw a `PowerCut`.
 */
export class FlashSlots implements FirmwareSlots {
	readonly slotBytes: number;
	readonly #flash: NorFlash;
	readonly #otadata: Partition;
	readonly #running: number;
	readonly #other: Partition;
	#erasedBytes = 0;
	#writtenBytes = 0;

	/** `running`: the slot that the bootloader chose, 0 or 1. */
	constructor(flash: NorFlash, partitions: readonly Partition[], running: number) {
		this.#flash = flash;
		this.#otadata = partitionNamed(partitions, "otadata");
		this.#running = running;
		this.#other = partitionNamed(partitions, `ota_${1 - running}`);
		this.slotBytes = this.#other.byteLength;
	}

	get running(): "a" | "b" {
		return this.#running === 0 ? "a" : "b";
	}

	/** `esp_ota_get_state_partition`; a state that a cut write has left unreadable is no confirmation. */
	get state(): "confirmed" | "trial" {
		const entry = this.#entries().find((candidate) => !isBlank(candidate) && slotOf(candidate) === this.#running);
		const isConfirmed = entry === undefined || entry.state === ImageState.valid || entry.state === ImageState.undefined;
		return isConfirmed ? "confirmed" : "trial";
	}

	erase(byteLength: number): void {
		if (byteLength > this.slotBytes) {
			throw new HardwareError("range", `A slot has ${this.slotBytes} bytes; ${byteLength} cannot be erased.`);
		}
		this.#erasedBytes = 0;
		for (let offset = 0; offset < byteLength; offset += SECTOR_BYTES) {
			this.#flash.eraseSector(this.#other.offset + offset);
			this.#erasedBytes = offset + SECTOR_BYTES;
		}
		this.#writtenBytes = 0;
	}

	write(offset: number, bytes: Uint8Array): void {
		if (offset !== this.#writtenBytes || offset + bytes.length > this.#erasedBytes) {
			throw new HardwareError(
				"range",
				`The next byte to write is ${this.#writtenBytes}, and ${this.#erasedBytes} are erased: ${bytes.length} bytes at ${offset} do not fit.`,
			);
		}
		this.#flash.program(this.#other.offset + offset, bytes);
		this.#writtenBytes += bytes.length;
	}

	digest(byteLength: number): Uint8Array {
		return createHash("sha256").update(this.#flash.read(this.#other.offset, byteLength)).digest();
	}

	verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
		return verifyP256(publicKey, digest, signature);
	}

	/** `esp_rewrite_ota_data`: the other entry gets the next sequence number that means the other slot. */
	activate(): void {
		const entries = this.#entries();
		const active = activeEntry(entries);
		const current = entries[active];
		const slot = 1 - this.#running;
		let [index, sequence] = [0, slot + 1];
		if (current !== undefined) {
			const isSelected = slotOf(current) === slot;
			index = isSelected ? active : 1 - active;
			sequence = isSelected ? current.sequence : current.sequence + 1;
		}
		writeEntry(this.#flash, this.#otadata, index, { sequence, state: ImageState.new });
	}

	/** `esp_ota_mark_app_valid_cancel_rollback` */
	confirm(): void {
		this.#mark(ImageState.valid);
	}

	/** `esp_ota_mark_app_invalid_rollback` */
	reject(): void {
		const other = this.#entries().some(
			(entry) => !isBlank(entry) && !isInvalid(entry) && slotOf(entry) !== this.#running,
		);
		if (!other) throw new HardwareError("range", "There is no other firmware to go back to.");
		this.#mark(ImageState.invalid);
	}

	#mark(state: number): void {
		const entries = this.#entries();
		const active = activeEntry(entries);
		const entry = entries[active];
		if (entry === undefined || entry.state === state || slotOf(entry) !== this.#running) return;
		writeEntry(this.#flash, this.#otadata, active, { sequence: entry.sequence, state });
	}

	#entries(): OtaEntry[] {
		return readEntries(this.#flash, this.#otadata);
	}
}
