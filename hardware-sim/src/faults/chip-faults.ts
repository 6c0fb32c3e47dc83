import { wrongAnswers } from "./bus-faults.ts";
import { type Fault, FaultNotHere, fault, nothing, wireOf } from "./fault.ts";

/** The display forgets everything, as after a spark: dark, and with garbage in its memory. */
export function displayReset(): Fault {
	return fault(
		"chip",
		"oled-reset",
		"the display resets and is dark until somebody sets it up again",
		({ machine }) => {
			machine.display.reset();
			return nothing;
		},
		{ usualMs: 0 },
	);
}

/** A load cell's converter starts anew: no reading for four conversions. */
export function cellReset(shelf: number): Fault {
	return fault(
		"chip",
		`hx711_${shelf}-reset`,
		`the converter of shelf ${shelf} starts anew`,
		({ machine }) => {
			const cell = machine.cells[shelf];
			if (cell === undefined) throw new FaultNotHere(`There is no load cell ${shelf}.`);
			cell.power(false);
			cell.power(true);
			return nothing;
		},
		{ usualMs: 0 },
	);
}

/** A load cell's converter hangs: it never has a reading. */
export function cellFreeze(shelf: number): Fault {
	return fault("chip", `hx711_${shelf}-freeze`, `the converter of shelf ${shelf} hangs`, (stage) =>
		// DOUT stays high until a conversion is ready (datasheet, serial interface).
		wireOf(stage, `hx711_${shelf}_dt`).distort(() => 1),
	);
}

/** A part on I2C answers with another part's identification. */
export const wrongId = wrongAnswers;
