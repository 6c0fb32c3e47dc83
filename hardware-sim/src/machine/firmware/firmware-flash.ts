import { FIRMWARE_VERSION } from "@visionvend/firmware/version";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { boot } from "../../flash/bootloader.ts";
import { FlashSlots } from "../../flash/flash-slots.ts";
import { NorFlash, SECTOR_BYTES } from "../../flash/nor-flash.ts";
import { type Partition, partitionNamed } from "../../flash/partition-table.ts";
import type { SeededRandom } from "../../random.ts";
import { imageOf } from "./release.ts";

const slotSectors = 2;

/** The board's partitions in small: two slots that hold what {@link imageOf} makes. */
const partitions: readonly Partition[] = Object.freeze([
	{ name: "otadata", type: "data", subtype: "ota", offset: 0, byteLength: 2 * SECTOR_BYTES },
	...[0, 1].map((slot) => ({
		name: `ota_${slot}`,
		type: "app",
		subtype: `ota_${slot}`,
		offset: (2 + slot * slotSectors) * SECTOR_BYTES,
		byteLength: slotSectors * SECTOR_BYTES,
	})),
]);

/** The flash of a machine whose firmware can be exchanged, as it leaves the factory: this firmware, in the first slot. */
export class FirmwareFlash {
	readonly #flash: NorFlash;

	constructor(random: SeededRandom) {
		this.#flash = new NorFlash({ byteLength: (2 + 2 * slotSectors) * SECTOR_BYTES, random });
		this.#flash.program(partitionNamed(partitions, "ota_0").offset, imageOf(FIRMWARE_VERSION));
	}

	/** What the bootloader starts; `undefined` when no slot holds an image that is whole. */
	boot(): { readonly slots: FirmwareSlots; readonly version: string } | undefined {
		const booted = boot(this.#flash, partitions);
		if (booted === undefined) return undefined;
		return { slots: new FlashSlots(this.#flash, partitions, booted.slot), version: booted.firmware.version };
	}
}
