import { SSD1306 } from "@visionvend/drivers/ssd1306";
import type { I2C, I2COptions } from "@visionvend/sdk/device/io/i2c";
import { SSD1306Chip } from "../chips/ssd1306.ts";

const width = 128;
const lines = 8;
const inkColumns = 5;
const cellColumns = 6;
/** What the display's driver can draw, apart from the space. */
const alphabet =
	"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ñáéíóúü¿¡€×…";

interface Alphabet {
	/** Ink of a character, as a key, to the character. */
	readonly small: ReadonlyMap<string, string>;
	readonly large: ReadonlyMap<string, string>;
}

let learned: Alphabet | undefined;

/**
 * The text on a display of 128×64 pixels, a line a row of text from the top, as a person reads it: small letters in
 * rows of eight pixels, large ones in rows of sixteen. What is no letter of the display's driver is left away.
 */
export function readOled(pixels: Uint8Array): string[] {
	learned ??= learn();
	const { small, large } = learned;
	// Half a large letter may look like a small one, or like another large one half a line off: the reading of the whole
	// picture that makes most letters is right. Built from the bottom up, `best[line]` being what stands from there on.
	const best: Reading[] = [];
	best[lines] = { text: [], letters: 0 };
	for (let line = lines - 1; line >= 0; line--) {
		const little = joined(readRow(pixels, line, 1, small), best[line + 1]);
		const big = line + 1 < lines ? joined(readRow(pixels, line, 2, large), best[line + 2]) : little;
		best[line] = big.letters > little.letters ? big : little;
	}
	return best[0]?.text.slice() ?? [];
}

interface Reading {
	readonly text: readonly string[];
	readonly letters: number;
}

function joined(row: string, below: Reading | undefined): Reading {
	const { text, letters } = below ?? { text: [], letters: 0 };
	return row === "" ? { text, letters } : { text: [row, ...text], letters: letters + letterCount(row) };
}

/** The cells of a line lie at equal distances, and begin anywhere. The beginning that makes most sense is right. */
function readRow(pixels: Uint8Array, line: number, scale: 1 | 2, letters: ReadonlyMap<string, string>): string {
	const pitch = cellColumns * scale;
	let best = "";
	for (let phase = 0; phase < pitch; phase++) {
		let text = "";
		for (let left = phase; left + inkColumns * scale <= width; left += pitch)
			text += letters.get(inkAt(pixels, line, left, scale)) ?? " ";
		if (letterCount(text) > letterCount(best)) best = text;
	}
	return best.trim();
}

function letterCount(text: string): number {
	return text.replaceAll(" ", "").length;
}

function inkAt(pixels: Uint8Array, line: number, left: number, scale: 1 | 2): string {
	let ink = "";
	for (let y = line * 8; y < line * 8 + 8 * scale; y++)
		for (let x = left; x < left + inkColumns * scale; x++) ink += pixels[y * width + x] === 1 ? "1" : "0";
	return ink;
}

/** Draws every letter with the driver and looks at it. */
function learn(): Alphabet {
	const chip = new SSD1306Chip();
	class Wire implements I2C {
		constructor(_options: I2COptions) {
			chip.reset();
		}
		read(): ArrayBuffer {
			return new ArrayBuffer(0);
		}
		write(buffer: ArrayBuffer | Uint8Array): void {
			chip.start(false);
			for (const byte of buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer)) chip.write(byte);
			chip.stop();
		}
		close(): void {
			chip.stop();
		}
	}
	const screen = new SSD1306({ display: { io: Wire, data: 1, clock: 2 } });
	const small = new Map<string, string>();
	const large = new Map<string, string>();
	const picture = (letter: string, scale: 1 | 2) => {
		screen.clear();
		screen.text(0, letter, { large: scale === 2 });
		screen.show();
		return inkAt(chip.pixels, 0, 0, scale);
	};
	for (const letter of alphabet) {
		small.set(picture(letter, 1), letter);
		large.set(picture(letter, 2), letter);
	}
	screen.close();
	return { small, large };
}
