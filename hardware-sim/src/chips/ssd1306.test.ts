import { expect, test } from "vitest";
import { SSD1306Chip } from "./ssd1306.ts";

function command(chip: SSD1306Chip, ...bytes: number[]): void {
	chip.start(false);
	for (const byte of [0x00, ...bytes]) chip.write(byte);
	chip.stop();
}

function store(chip: SSD1306Chip, ...bytes: number[]): void {
	chip.start(false);
	for (const byte of [0x40, ...bytes]) chip.write(byte);
	chip.stop();
}

/** Upright, lit, horizontal addressing, memory empty, pointer at the start. */
function ready(): SSD1306Chip {
	const chip = new SSD1306Chip();
	command(chip, 0xa1, 0xc8, 0x8d, 0x14, 0xaf, 0x20, 0x00);
	store(chip, ...new Array<number>(1024).fill(0));
	return chip;
}

/** Lit pixels as `x,y`. */
function lit(chip: SSD1306Chip): string[] {
	return [...chip.pixels].flatMap((pixel, index) => (pixel === 1 ? [`${index % 128},${Math.floor(index / 128)}`] : []));
}

test("the panel stays dark without the charge pump, with the display off, and after a reset", () => {
	const chip = new SSD1306Chip();
	command(chip, 0xaf);
	expect([chip.on, lit(chip).length]).toEqual([false, 0]);
	command(chip, 0x8d, 0x14);
	expect(chip.on).toBe(true);
	expect(lit(chip).length).toBeGreaterThan(1_000); // the garbage of power-up
	command(chip, 0xae);
	expect(lit(chip)).toEqual([]);
	command(chip, 0xaf);
	chip.reset();
	expect(chip.on).toBe(false);
});

test("a byte is eight pixels downwards, bit 0 at the top", () => {
	const chip = ready();
	store(chip, 0b1000_0001);
	expect(lit(chip)).toEqual(["0,0", "0,7"]);
});

test("horizontal addressing fills the window row of pages by row", () => {
	const chip = ready();
	command(chip, 0x21, 126, 127, 0x22, 6, 7);
	store(chip, 1, 1, 1, 1, 2);
	expect(lit(chip)).toEqual(["127,48", "126,49", "126,56", "127,56"]);
});

test("vertical addressing fills the window column by column", () => {
	const chip = ready();
	command(chip, 0x20, 0x01, 0x21, 10, 11, 0x22, 0, 1);
	store(chip, 1, 2, 4);
	expect(lit(chip)).toEqual(["10,0", "11,2", "10,9"]);
});

test("page addressing stays in its page and wraps at the end of it", () => {
	const chip = ready();
	command(chip, 0x20, 0x02, 0xb3, 0x0f, 0x17);
	store(chip, 1, 2);
	expect(lit(chip)).toEqual(["127,24", "0,25"]);
});

test("segment remap mirrors the picture, COM scan turns it upside down, inversion and entire-on do what they say", () => {
	const chip = ready();
	store(chip, 1);
	command(chip, 0xa0);
	expect(lit(chip)).toEqual(["127,0"]);
	command(chip, 0xc0);
	expect(lit(chip)).toEqual(["127,63"]);
	command(chip, 0xa7);
	expect(lit(chip)).toHaveLength(128 * 64 - 1);
	command(chip, 0xa6, 0xa5);
	expect(lit(chip)).toHaveLength(128 * 64);
	command(chip, 0xa4, 0xa1, 0xc8);
	expect(lit(chip)).toEqual(["0,0"]);
});

test("start line and offset scroll the picture; rows past the multiplex ratio are dark", () => {
	const chip = ready();
	store(chip, 1);
	command(chip, 0x41);
	expect(lit(chip)).toEqual(["0,63"]);
	command(chip, 0x40, 0xd3, 0x02);
	expect(lit(chip)).toEqual(["0,62"]);
	command(chip, 0xd3, 0x00, 0xa5, 0xa8, 31);
	expect(lit(chip)).toHaveLength(128 * 32);
});

test("control bytes with Co announce one byte each, and commands may span transactions", () => {
	const chip = ready();
	chip.start(false);
	for (const byte of [0x80, 0x81, 0x80, 0x33, 0xc0, 0x01, 0x40, 0x02]) chip.write(byte);
	chip.stop();
	expect(chip.contrast).toBe(0x33);
	expect(lit(chip)).toEqual(["0,0", "1,1"]);
	command(chip, 0x81);
	command(chip, 0x44);
	expect(chip.contrast).toBe(0x44);
	expect(chip.unknownCommands).toEqual([]);
});

test("commands that the part does not know, and values that it does not take, are kept", () => {
	const chip = ready();
	command(chip, 0xf5, 0xa8, 3, 0xda, 0x02, 0x26, 1, 2, 3, 4, 5, 6);
	expect(chip.unknownCommands).toEqual([0xf5, 0xa8, 3, 0xda, 0x02, 0x26, 1, 2, 3, 4, 5, 6]);
});

test("the status tells whether the display is off, and onFrame whether the picture changed", () => {
	const chip = ready();
	let frames = 0;
	chip.onFrame = () => frames++;
	chip.pixels;
	command(chip, 0xe3);
	store(chip, 1);
	chip.start(true);
	expect(chip.read()).toBe(0x00);
	chip.stop();
	expect(frames).toBe(2);
	command(chip, 0xae);
	expect(chip.read()).toBe(0x40);
});
