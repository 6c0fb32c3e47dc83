import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import { pinName } from "./options.ts";

interface Claim {
	readonly owner: string;
	readonly pins: readonly PinSpecifier[];
	/** What a shared bus is used for; undefined where the pins are not shared. */
	readonly use: string | undefined;
	readonly close: () => void;
}

/**
 * Which instance of this program holds which pin. The kernel refuses a line that another one requested, but not a line
 * that is a wire of an open SPI bus: it would take the pin away from the bus.
 */
export class Claims {
	readonly #claims = new Set<Claim>();

	/** Takes every pin or none; a pin that is held already throws `in-use`. Returns the function that gives them back. */
	take(claim: Claim): () => void {
		for (const held of this.#claims) {
			for (const pin of claim.pins) {
				if (!held.pins.includes(pin)) continue;
				const sharesBus =
					claim.use !== undefined &&
					held.use !== undefined &&
					held.use !== claim.use &&
					held.owner === claim.owner &&
					held.pins.every((heldPin, index) => heldPin === claim.pins[index]);
				if (sharesBus) continue;
				throw new HardwareError(
					"in-use",
					`${claim.owner}: ${pinName(pin)} is in use by ${held.owner}${held.use === undefined ? "" : ` (${held.use})`}. Close that first, or choose another pin.`,
				);
			}
		}
		this.#claims.add(claim);
		return () => {
			this.#claims.delete(claim);
		};
	}

	/** Closes every instance that is open. */
	closeAll(): void {
		for (const claim of [...this.#claims]) claim.close();
	}
}
