import { Board } from "@visionvend/hardware-sim/board/board";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { oledTextArt } from "@visionvend/hardware-sim/trace/text-art";
import { expect, test } from "vitest";
import { messages } from "../strings/strings.ts";
import { run } from "./example.ts";
import { SSD1306 } from "./ssd1306.ts";

const pins = { data: 10, clock: 11 };

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new SSD1306Chip();
	board.attachI2C(pins, 0x3c, chip);
	const bytes: number[] = [];
	chip.tap((byte) => bytes.push(byte));
	const open = () => new SSD1306({ display: { io: board.io.I2C, ...pins } });
	return { clock, board, chip, bytes, open };
}

/** The rows of a part of the picture, `#` for a lit pixel. */
function art(chip: SSD1306Chip, left: number, top: number, width: number, height: number): string[] {
	return Array.from({ length: height }, (_, y) =>
		Array.from({ length: width }, (_, x) => (chip.pixels[(top + y) * 128 + left + x] === 1 ? "#" : ".")).join(""),
	);
}

test("after power-up the display is set up with commands that it knows, and dark: its garbage is never seen", () => {
	const { chip, open } = rig();
	const seen: number[] = [];
	chip.onFrame = (pixels) => seen.push(pixels.reduce((sum, pixel) => sum + pixel, 0));
	open();
	expect(chip.on).toBe(true);
	expect(chip.unknownCommands).toEqual([]);
	expect(Math.max(...seen)).toBe(0);
});

test("text stands upright, from the top left", () => {
	const { chip, open } = rig();
	const screen = open();
	screen.text(0, "F1");
	screen.show();
	expect(art(chip, 0, 0, 12, 8)).toEqual([
		"#####...#...",
		"#......##...",
		"#.......#...",
		"####....#...",
		"#.......#...",
		"#.......#...",
		"#......###..",
		"............",
	]);
});

test("large text is the same picture, every pixel twice each way", () => {
	const { chip, open } = rig();
	const screen = open();
	const word = "Gracias, ñ€";
	screen.text(0, word);
	screen.text(2, word, { large: true });
	screen.show();
	for (let y = 0; y < 16; y++)
		for (let x = 0; x < 128; x++) expect(chip.pixels[(16 + y) * 128 + x]).toBe(chip.pixels[(y >> 1) * 128 + (x >> 1)]);
});

test("centred text leaves equal space on both sides, give or take one pixel", () => {
	const { chip, open } = rig();
	const screen = open();
	for (const large of [false, true]) {
		screen.clear();
		screen.text(3, "HHH", { center: true, large });
		screen.show();
		const columns = Array.from({ length: 128 }, (_, x) => art(chip, x, 24, 1, 16).includes("#"));
		const left = columns.indexOf(true);
		const right = 127 - columns.lastIndexOf(true);
		expect(Math.abs(left - right)).toBeLessThanOrEqual(1);
	}
});

test("a line that is written again holds the new text alone", () => {
	const { chip, open } = rig();
	const screen = open();
	screen.text(4, "a much longer text !!");
	screen.text(4, "short", { center: true });
	screen.show();
	const once = chip.pixels.slice();
	screen.clear();
	screen.text(4, "short", { center: true });
	screen.show();
	expect(chip.pixels).toEqual(once);
});

test("what does not fit is cut off, and a character without a picture is a box", () => {
	const { chip, open } = rig();
	const screen = open();
	screen.text(0, "H".repeat(40));
	screen.text(1, "ß");
	screen.show();
	expect(art(chip, 0, 0, 128, 1)[0]).toBe("#...#.".repeat(22).slice(0, 128));
	expect(art(chip, 0, 8, 6, 7)).toEqual(["#####.", "#...#.", "#...#.", "#...#.", "#...#.", "#...#.", "#####."]);
	expect(() => screen.text(8, "x")).toThrow(RangeError);
	expect(() => screen.text(7, "x", { large: true })).toThrow(RangeError);
});

test("every printable character has a picture of its own, 5 by 7 pixels, and what hangs below the line one row more", () => {
	const { chip, open } = rig();
	const screen = open();
	const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join("");
	const pictures = new Map<string, string>();
	for (const character of `${characters}ñáéíóúü¿¡€×…ß`) {
		screen.text(0, character);
		screen.show();
		const picture = art(chip, 0, 0, 6, 8).join("\n");
		expect(picture).toMatch(/#/);
		expect(art(chip, 5, 0, 1, 8).join("")).not.toMatch(/#/);
		expect(art(chip, 0, 7, 6, 1).join("").includes("#"), character).toBe("gjpqy".includes(character));
		expect(pictures.get(picture), character).toBeUndefined();
		pictures.set(picture, character);
	}
});

test("a letter whose accent has no picture shows without it, and printers' quotes and dashes show as plain ones", () => {
	const { chip, open } = rig();
	const screen = open();
	for (const [written, shown] of [
		["Crème brûlée à Ñor", "Creme brulée a Nor"],
		["ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏ", "AAAAAACEEEEIIII"],
		["ÑÒÓÔÕÖØÙÚÛÜÝ", "NOOOOOOUUUUY"],
		["àâãäåçèêëìîïòôõöø", "aaaaaceeeiiiooooo"],
		["ùûýÿ‘’“”–—\u00a0.", "uuyy''\"\"-- ."],
	] as const) {
		screen.text(0, shown);
		screen.show();
		const picture = chip.pixels.slice();
		screen.text(0, written);
		screen.show();
		expect(chip.pixels, written).toEqual(picture);
	}
});

test("show sends the pages that changed, and nothing when nothing has", () => {
	const { bytes, open } = rig();
	const screen = open();
	bytes.length = 0;
	screen.show();
	expect(bytes).toHaveLength(0);
	screen.text(2, "A");
	screen.text(5, "B");
	screen.show();
	// Twice: a window of seven bytes, a control byte and 128 columns.
	expect(bytes).toHaveLength(2 * (7 + 129));
	bytes.length = 0;
	screen.text(2, "A");
	screen.show();
	expect(bytes).toHaveLength(0);
});

test("a full picture takes less than 30 ms at 400 kHz", () => {
	const { clock, open } = rig();
	const screen = open();
	for (let line = 0; line < 8; line++) screen.text(line, "0123456789");
	const at = clock.now;
	screen.show();
	expect((clock.now - at) / 1e6).toBeLessThan(30);
});

test("contrast and inversion take effect at once and survive a display that lost its power", () => {
	const { board, chip, open } = rig();
	const screen = open();
	screen.text(0, "Hello");
	screen.show();
	screen.configure({ contrast: 10, inverted: true });
	expect([chip.contrast, chip.inverted]).toEqual([10, true]);
	const picture = chip.pixels.slice();
	board.detachI2C(pins, 0x3c);
	screen.text(1, "World");
	expect(() => screen.show()).toThrow(/0x3C/);
	screen.text(1, "");
	chip.reset();
	board.attachI2C(pins, 0x3c, chip);
	expect(chip.on).toBe(false);
	screen.show();
	expect([chip.on, chip.contrast]).toEqual([true, 10]);
	expect(chip.pixels).toEqual(picture);
});

test("a display that does not answer makes the constructor throw, and the bus is free again", () => {
	const { board } = rig();
	const wrong = { io: board.io.I2C, ...pins, address: 0x3d };
	expect(() => new SSD1306({ display: wrong })).toThrow(/0x3D on data GPIO10, clock GPIO11/);
	expect(() => new SSD1306({ display: wrong })).toThrow(/0x3D/);
});

test("close turns the display dark", () => {
	const { chip, open } = rig();
	open().close();
	expect(chip.on).toBe(false);
});

test("every screen string fits on a line and has a picture for each character", () => {
	const { chip, open } = rig();
	const screen = open();
	screen.text(0, "\uFFFD");
	screen.show();
	const box = art(chip, 0, 0, 6, 8).join();
	for (const language of Object.values(messages)) {
		expect(Object.keys(language)).toEqual(Object.keys(messages.en));
		for (const message of Object.values(language)) {
			expect(message.length).toBeLessThanOrEqual(screen.columns);
			screen.text(0, message);
			screen.show();
			for (let i = 0; i < message.length; i++) expect(art(chip, i * 6, 0, 6, 8).join()).not.toBe(box);
		}
	}
});

test("the example shows a receipt", () => {
	const { board, chip } = rig();
	run(board);
	expect(oledTextArt(chip.pixels, 128, 64)).toMatchInlineSnapshot(`
		"╭────────────────────────────────────────────────────────────────╮
		│⠀⠀⠘⠛⢻⡟⠛⠃⢸⡇⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢸⡇⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢸⡇⠀⠀⠀⠀│
		│⠀⠀⠀⠀⢸⡇⠀⠀⢸⣧⡜⠛⢣⡄⠀⠘⠛⠛⢣⡄⢸⣧⡜⠛⢣⡄⢸⡇⢠⡜⠃⠀⠀⠀⠀⠀⠀⠀⢸⡇⠀⠀⢸⡇⢠⡜⠛⠛⢣⡄⢸⡇⠀⠀⢸⡇⠀⠀⢸⡇⠀⠀⠀⠀│
		│⠀⠀⠀⠀⢸⡇⠀⠀⢸⡇⠀⠀⢸⡇⢠⡜⠛⠛⢻⡇⢸⡇⠀⠀⢸⡇⢸⡟⢣⡄⠀⠀⠀⠀⠀⠀⠀⠀⠘⢣⣤⣤⣼⡇⢸⡇⠀⠀⢸⡇⢸⡇⠀⢠⣼⡇⠀⠀⠘⠃⠀⠀⠀⠀│
		│⠀⠀⠀⠀⠘⠃⠀⠀⠘⠃⠀⠀⠘⠃⠀⠘⠛⠛⠛⠃⠘⠃⠀⠀⠘⠃⠘⠃⠀⠘⠃⠀⠀⠀⠀⠀⠀⠀⠀⢠⣤⣤⡜⠃⠀⠘⠛⠛⠃⠀⠀⠘⠛⠃⠘⠃⠀⠀⠘⠃⠀⠀⠀⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		│⠊⣉⠆⠢⡠⠂⠀⠀⠀⡎⠉⠂⡠⠤⡀⠈⡇⠀⠠⠤⡀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢔⣗⠂⡠⢺⠀⠀⠀⠀⡎⡩⡆⡎⡩⡆⠀│
		│⠮⠤⠄⠊⠈⠂⠀⠀⠀⠣⠤⠂⠣⠤⠃⠠⠧⠀⠪⠭⠇⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠒⠗⠁⠉⠹⠁⠰⠆⠀⠫⠤⠃⠫⠤⠃⠀│
		│⠐⡇⠀⠢⡠⠂⠀⠀⠀⡎⠉⠂⣇⠤⡀⠠⡅⠀⡤⠤⡀⡠⠤⠄⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢔⣗⠂⠐⡇⠀⠀⠀⠀⠯⠭⡁⡎⡩⡆⠀│
		│⠠⠧⠀⠊⠈⠂⠀⠀⠀⠣⠤⠂⠇⠀⠇⠠⠧⠀⡗⠒⠁⠬⠭⠂⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠒⠗⠁⠠⠧⠀⠰⠆⠀⠢⠤⠃⠫⠤⠃⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		│⠉⡏⠁⡠⠤⡀⢼⠄⠀⠠⠤⡀⠈⡇⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢔⣗⠂⠯⠭⡁⠀⠀⠀⠯⠭⡁⡎⡩⡆⠀│
		│⠀⠇⠀⠣⠤⠃⠘⠤⠂⠪⠭⠇⠠⠧⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠒⠗⠁⠢⠤⠃⠰⠆⠀⠢⠤⠃⠫⠤⠃⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		│⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀│
		╰────────────────────────────────────────────────────────────────╯"
	`);
});
