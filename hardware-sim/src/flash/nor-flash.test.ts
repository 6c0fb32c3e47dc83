import { expect, test } from "vitest";
import { SeededRandom } from "../random.ts";
import { NorFlash, type NorFlashOptions, PAGE_BYTES, SECTOR_BYTES } from "./nor-flash.ts";
import { PowerCut } from "./power-cut.ts";

const flashOf = (options: Partial<NorFlashOptions> = {}) =>
	new NorFlash({ byteLength: 4 * SECTOR_BYTES, random: new SeededRandom(3), ...options });

function cut(run: () => void): void {
	expect(run).toThrow();
	try {
		run();
	} catch (error) {
		expect(error).toBeInstanceOf(PowerCut);
	}
}

test("an empty flash is all ones; programming clears bits, and erasing a sector sets them again", () => {
	const flash = flashOf();
	expect(flash.read(0, 4)).toEqual(new Uint8Array(4).fill(0xff));
	flash.program(SECTOR_BYTES - 2, Uint8Array.of(1, 2, 3, 4));
	expect([...flash.read(SECTOR_BYTES - 3, 6)]).toEqual([0xff, 1, 2, 3, 4, 0xff]);
	flash.program(SECTOR_BYTES, Uint8Array.of(2));
	expect([...flash.read(SECTOR_BYTES, 1)]).toEqual([2]);
	flash.eraseSector(SECTOR_BYTES);
	expect([...flash.read(SECTOR_BYTES - 2, 3)]).toEqual([1, 2, 0xff]);
});

test("programming cannot set a bit, and nothing lies outside of the chip", () => {
	const flash = flashOf();
	flash.program(0, Uint8Array.of(0xf0));
	expect(() => flash.program(0, Uint8Array.of(0xf1))).toThrow(/0x0 is not erased/);
	expect(() => flash.read(4 * SECTOR_BYTES - 1, 2)).toThrow(RangeError);
	expect(() => flash.program(-1, Uint8Array.of(0))).toThrow(RangeError);
	expect(() => flash.eraseSector(SECTOR_BYTES + 1)).toThrow(RangeError);
	expect(() => flashOf({ byteLength: 1_000 })).toThrow(RangeError);
});

test("pages and sectors are counted, and wear by the sector", () => {
	const seen: string[] = [];
	const flash = flashOf({
		powerFails: ({ type, address }) => {
			seen.push(`${type} ${address}`);
			return false;
		},
	});
	flash.program(PAGE_BYTES - 1, new Uint8Array(PAGE_BYTES + 2));
	flash.eraseSector(0);
	flash.eraseSector(0);
	expect(seen).toEqual(["program 255", "program 256", "program 512", "erase 0", "erase 0"]);
	expect(flash.operations).toBe(5);
	expect([flash.wear(100), flash.wear(SECTOR_BYTES)]).toEqual([2, 0]);
});

test("a cut erasure leaves every bit either as it was or set", () => {
	let isCut = false;
	const flash = flashOf({ powerFails: () => isCut });
	const before = new SeededRandom(9).bytes(SECTOR_BYTES);
	flash.program(0, before);
	isCut = true;
	cut(() => flash.eraseSector(0));
	const after = flash.read(0, SECTOR_BYTES);
	expect(after.every((byte, index) => (byte & (before[index] ?? 0)) === before[index])).toBe(true);
	expect(after).not.toEqual(before);
});

test("a page that is cut in order has whole words, one torn word, and empty ones", () => {
	const flash = flashOf({ powerFails: () => true });
	cut(() => flash.program(0, new Uint8Array(PAGE_BYTES)));
	const after = [...flash.read(0, PAGE_BYTES)];
	const touched = after.map((byte) => byte !== 0xff).lastIndexOf(true);
	expect(after.slice(0, touched - 3).every((byte) => byte === 0)).toBe(true);
	expect(after.slice(touched + 1).every((byte) => byte === 0xff)).toBe(true);
});

test("a page that is cut scattered has cleared bits anywhere, and none that should stay", () => {
	const flash = flashOf({ powerFails: () => true, tearing: "scattered" });
	const wanted = new SeededRandom(4).bytes(PAGE_BYTES);
	cut(() => flash.program(0, wanted));
	const after = flash.read(0, PAGE_BYTES);
	expect(after.every((byte, index) => (byte & (wanted[index] ?? 0)) === wanted[index])).toBe(true);
	expect(new Set(after).size).toBeGreaterThan(10);
});
