import { crc32 } from "node:zlib";
import { type NorFlash, SECTOR_BYTES } from "./nor-flash.ts";
import type { Partition } from "./partition-table.ts";

/** `esp_ota_img_states_t` (ESP-IDF, components/bootloader_support/include/esp_flash_partitions.h). */
export const ImageState = Object.freeze({
	/** Never started. */
	new: 0,
	/** Started once, and not confirmed yet. */
	pendingVerify: 1,
	valid: 2,
	/** It said so itself. */
	invalid: 3,
	/** It was started, and did not say anything. */
	aborted: 4,
	undefined: 0xffff_ffff,
});

/** The partition `otadata` has two sectors, and an entry at the beginning of each. */
export const ENTRY_COUNT = 2;

/** `esp_ota_select_entry_t`: 32 bytes, little endian. `seq_label` is not in use. */
export interface OtaEntry {
	/** Slot (sequence - 1) mod 2. The higher of two valid ones counts. */
	readonly sequence: number;
	readonly state: number;
	readonly crc: number;
}

const ENTRY_BYTES = 32;
const NEVER = 0xffff_ffff;

export function readEntries(flash: NorFlash, otadata: Partition): OtaEntry[] {
	return Array.from({ length: ENTRY_COUNT }, (_, index) => {
		const { buffer } = flash.read(otadata.offset + index * SECTOR_BYTES, ENTRY_BYTES);
		const view = new DataView(buffer);
		return { sequence: view.getUint32(0, true), state: view.getUint32(24, true), crc: view.getUint32(28, true) };
	});
}

/** Erase, then program: what `rewrite_ota_seq` and the bootloader's `write_otadata` do. */
export function writeEntry(
	flash: NorFlash,
	otadata: Partition,
	index: number,
	entry: Pick<OtaEntry, "sequence" | "state">,
): void {
	const bytes = new Uint8Array(ENTRY_BYTES).fill(0xff);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, entry.sequence, true);
	view.setUint32(24, entry.state, true);
	view.setUint32(28, sequenceCrc(entry.sequence), true);
	const address = otadata.offset + index * SECTOR_BYTES;
	flash.eraseSector(address);
	flash.program(address, bytes);
}

/** `bootloader_common_ota_select_crc`: it covers the sequence number alone, not the state. */
export function sequenceCrc(sequence: number): number {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(sequence);
	return crc32(bytes, 0xffff_ffff);
}

/** Never written, or torn: nothing stands there. */
export function isBlank({ sequence, crc }: OtaEntry): boolean {
	return sequence === NEVER || crc !== sequenceCrc(sequence);
}

/** `bootloader_common_ota_select_invalid`, which does not look at the CRC. */
export function isInvalid({ sequence, state }: OtaEntry): boolean {
	return sequence === NEVER || state === ImageState.invalid || state === ImageState.aborted;
}

/** `bootloader_common_get_active_otadata`: which entry counts; -1 when none does. */
export function activeEntry(entries: readonly OtaEntry[]): number {
	let active = -1;
	let highest = -1;
	entries.forEach((entry, index) => {
		if (isInvalid(entry) || isBlank(entry) || entry.sequence <= highest) return;
		active = index;
		highest = entry.sequence;
	});
	return active;
}

/** 0 or 1. */
export function slotOf({ sequence }: OtaEntry): number {
	return (sequence - 1) % 2;
}
