import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Board } from "@visionvend/hardware-sim/board/board";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { parts } from "@visionvend/hardware-sim/conformance/parts";
import { describe, expect, test } from "vitest";
import { deviceSubsetViolations } from "../../.ci/device-subset.ts";
import { importsOf } from "../../.ci/layers.ts";
import { parseWiring } from "../../.ci/wiring-picture/wiring.ts";

// What a driver does is tried by sdk/conformance, on every host. This is about its folder.

const drivers = new URL("../", import.meta.url);
const folders = readdirSync(drivers).filter((name) => existsSync(new URL(`${name}/wiring.json`, drivers)));

/** Their parts hang on USB, with no pin of a board. */
const withoutPins: readonly string[] = Object.freeze(["hid-barcode-reader", "hid-scale"]);

const sections: readonly string[] = Object.freeze([
	"Wiring",
	"Example",
	"Options",
	"Sample",
	"Methods",
	"Timing and limits",
	"When it does not work",
	"Simulate it",
	"Sources and state",
]);
/** An actuator has nothing to sample, and a plain sensor no method but those that every driver has. */
const optionalSections: readonly string[] = Object.freeze(["Sample", "Methods"]);

/** Names under which connections carry pins. */
const pinNames: readonly string[] = Object.freeze([
	"pin",
	"data",
	"clock",
	"in",
	"out",
	"select",
	"transmit",
	"receive",
]);

/** Every pin number in the options of a driver, however deep. */
function pinsIn(value: unknown): number[] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([name, member]) =>
		typeof member === "number" ? (pinNames.includes(name) ? [member] : []) : pinsIn(member),
	);
}

const rising = (one: number, other: number) => one - other;

test("there are drivers, and each that has pins is in the conformance suite", () => {
	expect(folders.length).toBeGreaterThan(15);
	expect(parts.map(({ subject }) => subject.part).sort()).toEqual(
		folders.filter((folder) => !withoutPins.includes(folder)).sort(),
	);
});

describe.each(folders)("%s", (folder) => {
	const read = (file: string) => readFileSync(new URL(`${folder}/${file}`, drivers), "utf8");
	const wiring = parseWiring(read("wiring.json"), `${folder}/wiring.json`);
	const gpios = wiring.pins.flatMap(({ gpio }) => (gpio === null ? [] : [gpio])).sort(rising);
	const page = read("README.md");

	test("has every file", () => {
		const files = ["", ".test"].map((kind) => `${folder}${kind}.ts`);
		files.push("example.ts", "wiring.json", "wiring.svg", "manifest.json", "README.md");
		if (!withoutPins.includes(folder)) files.push("conformance.ts");
		expect(readdirSync(new URL(`${folder}/`, drivers))).toEqual(expect.arrayContaining(files));
	});

	test("imports types alone, and keeps no state in its module", () => {
		const file = `drivers/${folder}/${folder}.ts`;
		const source = read(`${folder}.ts`);
		expect(importsOf(file, source).filter(({ typeOnly }) => !typeOnly)).toEqual([]);
		expect(deviceSubsetViolations(file, source)).toEqual([]);
	});

	test("is named by its manifest, and preloaded", () => {
		const name = `@visionvend/drivers/${folder}`;
		expect(JSON.parse(read("manifest.json"))).toEqual({ modules: { [name]: `./${folder}` }, preload: [name] });
	});

	test("has one row in the page for each pin of wiring.json, with the same net and GPIO", () => {
		const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
		for (const { part, net, gpio } of wiring.pins) {
			const place = rows.find((row) => row[1] === part && row[2] === net)?.[3];
			expect(place, `a row for ${part}, ${net}`).toBeDefined();
			if (gpio !== null) expect(place).toBe(`GPIO${gpio}`);
			else expect(place).not.toMatch(/^GPIO/);
		}
	});

	test("takes the pins of wiring.json in its example and under test", () => {
		const example = read("example.ts");
		const isOptional = (gpio: number) =>
			/\boptional\b|may be left out/.test(wiring.pins.find((pin) => pin.gpio === gpio)?.note ?? "");
		for (const gpio of gpios)
			if (!isOptional(gpio)) expect(example, `GPIO${gpio} in example.ts`).toMatch(new RegExp(`\\b${gpio}\\b`));
		const subject = parts.find((candidate) => candidate.subject.part === folder)?.subject;
		if (subject === undefined) return;
		const taken = [...new Set(pinsIn(subject.options(new Board({ clock: new SimulationClock() }))))];
		expect(taken.sort(rising)).toEqual(gpios);
	});

	test("has a page in the order of all pages, with the example word for word", () => {
		const found = [...page.matchAll(/^## (.*)$/gm)].map(([, title = ""]) => title);
		const known = found.filter((title) => sections.includes(title));
		expect(known).toEqual(sections.filter((title) => found.includes(title) || !optionalSections.includes(title)));
		expect(page).toContain(`\`\`\`ts\n${read("example.ts").trimEnd()}\n\`\`\``);
		expect(page).toContain("`identification`");
	});

	test("says of hardware that nobody tried it", () => {
		expect(page).toMatch(/^\| ESP32-S3, Moddable \| not (tried|possible) \|$/m);
		expect(page).toMatch(/^\| Raspberry Pi \| (not tried|no [^|]*) \|$/m);
	});
});

test("the page of all drivers links to each of them", () => {
	const page = readFileSync(new URL("README.md", drivers), "utf8");
	for (const folder of folders) expect(page).toContain(`](${folder}/README.md)`);
});
