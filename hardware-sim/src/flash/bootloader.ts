import { checkFirmwareImage, type FirmwareDescription } from "./firmware-image.ts";
import type { NorFlash } from "./nor-flash.ts";
import {
	activeEntry,
	ENTRY_COUNT,
	ImageState,
	isBlank,
	isInvalid,
	readEntries,
	slotOf,
	writeEntry,
} from "./ota-data.ts";
import { type Partition, partitionNamed } from "./partition-table.ts";

/** What the bootloader started. */
export interface Booted {
	/** 0 is `ota_0`. */
	readonly slot: number;
	readonly firmware: FirmwareDescription;
}

/**
 * The second-stage bootloader of ESP-IDF with `CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE` and two slots without a factory
 * image: `bootloader_utility_get_selected_boot_partition` and `bootloader_utility_load_boot_image` of
 * components/bootloader_support/src/bootloader_utility.c. `undefined` when no slot holds an image that is whole: the
 * chip then starts again and again, and only a cable helps. The power may go in the middle (`PowerCut`).
 */
export function boot(flash: NorFlash, partitions: readonly Partition[]): Booted | undefined {
	const otadata = partitionNamed(partitions, "otadata");
	abortUnconfirmed(flash, otadata);
	const entries = readEntries(flash, otadata);
	const isInitial = entries.every(isBlank);
	const active = activeEntry(entries);
	const selected = entries[active];
	let first = 0;
	if (!entries.every(isInvalid)) {
		// With entries that are neither blank nor valid it tries all slots from the first on.
		first = selected === undefined ? -1 : slotOf(selected);
		if (selected?.state === ImageState.new) {
			writeEntry(flash, otadata, active, { sequence: selected.sequence, state: ImageState.pendingVerify });
		}
	}
	for (const slot of order(first)) {
		const { offset, byteLength } = partitionNamed(partitions, `ota_${slot}`);
		const firmware = checkFirmwareImage((from, count) => flash.read(offset + from, count), byteLength);
		if (firmware === undefined) continue;
		// `set_actual_ota_seq`: a new board learns which slot it runs.
		if (isInitial) writeEntry(flash, otadata, 0, { sequence: slot + 1, state: ImageState.valid });
		return { slot, firmware };
	}
	return undefined;
}

/** Firmware that was started, and came to another start without a word, has failed. */
function abortUnconfirmed(flash: NorFlash, otadata: Partition): void {
	const entries = readEntries(flash, otadata);
	for (let index = 0; index < ENTRY_COUNT; index++) {
		const entry = entries[index];
		if (entry?.state !== ImageState.pendingVerify) continue;
		writeEntry(flash, otadata, index, { sequence: entry.sequence, state: ImageState.aborted });
	}
}

/** From the selected slot down, and then from it up. */
function order(first: number): number[] {
	const down = first === 1 ? [1, 0] : first === 0 ? [0] : [];
	return [...down, ...[0, 1].filter((slot) => slot > first)];
}
