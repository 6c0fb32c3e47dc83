import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Board, checkPins, type PinAbility, reasonAgainstPin } from "./board.ts";
import type { PiBoard } from "./pi-board.ts";
import { pi4 } from "./pi4.ts";
import { pi5 } from "./pi5.ts";
import { visionvendS3 } from "./visionvend-s3.ts";

const pis: readonly PiBoard[] = [pi5, pi4];
const boards: readonly Board[] = [visionvendS3, ...pis];

test.each(boards)(
	"$title: every pin is for use or refused with a reason, and only pins for use are offered",
	(board) => {
		for (const [index, pin] of board.pins.entries()) {
			expect(pin.gpio).toBe(index);
			expect(pin.can.length > 0).toBe(pin.refused === undefined);
			expect(board.preference.includes(pin.gpio)).toBe(pin.refused === undefined);
			if (pin.refused === undefined) expect(pin.place).toBeDefined();
		}
		expect(new Set(board.preference).size).toBe(board.preference.length);
		expect(reasonAgainstPin(board, board.pins.length)).toBe(board.absent);
		const places = board.pins.flatMap(({ place }) => place ?? []);
		expect(new Set(places).size).toBe(places.length);
	},
);

test.each(boards)("$title: the tables cannot be changed", (board) => {
	expect(Object.isFrozen(board) && Object.isFrozen(board.pins) && Object.isFrozen(board.preference)).toBe(true);
	expect(board.pins.every((pin) => Object.isFrozen(pin))).toBe(true);
});

test.each(boards)("$title: pins for use, each once, are always legal", (board) => {
	fc.assert(
		fc.property(fc.shuffledSubarray([...board.preference]), (pins) => {
			expect(
				checkPins(
					board,
					pins.map((pin, index) => ({ key: `p${index}`, pin })),
				),
			).toEqual([]);
		}),
		{ seed: 1 },
	);
});

test.each(boards)("$title: what is offered instead of a bad pin would do", (board) => {
	const needs = fc.constantFrom<PinAbility>("digital", "adc", "pwm", "i2c", "spi", "uart");
	const use = fc.record({ key: fc.constantFrom("a", "b", "c"), pin: fc.integer({ min: -1, max: 60 }), needs });
	fc.assert(
		fc.property(fc.array(use, { maxLength: 6 }), (uses) => {
			for (const problem of checkPins(board, uses)) {
				expect(problem.reason).not.toBe("");
				const broken = uses.find(({ key, pin }) => key === problem.key && pin === problem.pin);
				for (const pin of problem.free) {
					expect(uses.some((other) => other.pin === pin)).toBe(false);
					if (uses.filter(({ key, pin: taken }) => key === problem.key && taken === problem.pin).length === 1)
						expect(checkPins(board, [{ key: "x", pin, ...(broken && { needs: broken.needs }) }])).toEqual([]);
				}
			}
		}),
		{ seed: 1 },
	);
});

test.each(pis)("$title: 26 pins of the header are for use, and the buses lie on them", (board) => {
	expect(board.preference).toHaveLength(26);
	const able = (gpio: number, ability: PinAbility): void =>
		expect(board.pins[gpio]?.can, `GPIO ${gpio}`).toContain(ability);
	for (const { data, clock } of board.i2c) for (const pin of [data, clock]) able(pin, "i2c");
	for (const { out, in: input, clock, selects } of board.spi)
		for (const pin of [out, input, clock, ...selects.map((select) => select.pin)]) able(pin, "spi");
	for (const { transmit, receive } of board.uart) for (const pin of [transmit, receive]) able(pin, "uart");
	for (const { pin } of board.pwm.channels) able(pin, "pwm");
});

test("a Pi has no ADC, and says what to do instead", () => {
	expect(checkPins(pi5, [{ key: "battery", pin: 4, needs: "adc" }])).toEqual([
		{ key: "battery", pin: 4, reason: pi5.lacks.adc, free: [] },
	]);
	expect(pi5.lacks.adc).toMatch(/I2C bus/);
});

test("a PWM on a pin that has none is moved to one that has", () => {
	expect(checkPins(pi5, [{ key: "buzzer", pin: 17, needs: "pwm" }])).toMatchObject([
		{ reason: "is no output of the hardware PWM", free: [12, 13, 18] },
	]);
});

test("pins that only the inside of a Pi sees, and those of the HAT's EEPROM, are refused", () => {
	expect(reasonAgainstPin(pi5, 0)).toMatch(/EEPROM/);
	expect(reasonAgainstPin(pi5, 45)).toMatch(/does not reach the header/);
	expect(reasonAgainstPin(pi4, 57)).toMatch(/does not reach the header/);
	expect(reasonAgainstPin(pi5, 57)).toMatch(/does not exist/);
});

const page = readFileSync(fileURLToPath(new URL("../../../docs/guides/boards.md", import.meta.url)), "utf8");

test.each(boards)("the page's table of $title is the one that follows from the data", (board) => {
	const section = page.split(`\n## ${board.title}\n`)[1]?.split("\n## ")[0] ?? "";
	expect(section.split("\n").filter((line) => /^\| [\d–]+ \|/.test(line))).toEqual(tableOf(board));
});

/** One row a pin; pins that no wire can reach share a row where they follow each other and have one reason. */
function tableOf(board: Board): string[] {
	const rows: string[] = [];
	for (let index = 0; index < board.pins.length; index++) {
		const first = board.pins[index];
		if (first === undefined) break;
		let last = index;
		if (first.place === undefined)
			while (
				board.pins[last + 1]?.place === undefined &&
				board.pins[last + 1]?.refused === first.refused &&
				last + 1 < board.pins.length
			)
				last++;
		const name = last === index ? `${index}` : `${index}–${last}`;
		rows.push(
			first.refused === undefined
				? `| ${name} | ${first.place} | ${first.can.join(", ")} | ${first.also ?? ""} |`
				: `| ${name} | ${first.place ?? "–"} | **no** | ${first.also === undefined ? "" : `${first.also}; `}${first.refused} |`,
		);
		index = last;
	}
	return rows;
}
