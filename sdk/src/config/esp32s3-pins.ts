import * as boards from "../boards/board.ts";
import { visionvendS3 } from "../boards/visionvend-s3.ts";

/** Pins that a machine may use, the least encumbered first. */
export const usablePins: readonly number[] = visionvendS3.preference;

/** One wire: which key of the configuration takes which pin. */
export interface PinUse {
	/** `pins.hall_sensor`, `pins.hx711_sck[2]`. */
	readonly key: string;
	readonly pin: number;
	/** The pin has to measure a voltage. */
	readonly analog?: boolean;
	/** One of the two wires of an I2C bus. Parts share both wires of a bus or neither. */
	readonly bus?: { readonly wire: "data" | "clock"; readonly part: string };
}

/** Why a pin of the ESP32-S3-DevKitC-1-N16R8 is not for use, or `undefined` when it is. Continues "pin 27 …". */
export function reasonAgainstPin(pin: number): string | undefined {
	return boards.reasonAgainstPin(visionvendS3, pin);
}

/** Checks all wires of one machine together. Empty when the map is legal. */
export function checkPins(uses: readonly PinUse[]): boards.PinProblem[] {
	return boards.checkPins(
		visionvendS3,
		uses.map(({ analog, ...use }) => (analog === true ? { ...use, needs: "adc" } : use)),
	);
}
