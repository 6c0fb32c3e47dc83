import { expect, test } from "vitest";
import { nearest } from "./did-you-mean.ts";
import { playScenario } from "./play-scenario.ts";
import { scenario } from "./scenario.ts";
import { ScenarioError } from "./scenario-error.ts";
import { parseScenarioFile, scenarioOfText } from "./scenario-file.ts";
import { milligramsOf, nanosecondsOf } from "./units.ts";

function complaintsOf(...steps: string[]): string[] {
	const text = `{\n  "name": "x",\n  "steps": [\n    ${steps.join(",\n    ")}\n  ]\n}`;
	try {
		parseScenarioFile(text, "x.json");
		return [];
	} catch (error) {
		if (!(error instanceof ScenarioError)) throw error;
		return error.message.split("\n");
	}
}

test("units are exact", () => {
	expect(["1ns", "2.5us", "900ms", "1.4s", "2min", "1h"].map(nanosecondsOf)).toEqual([
		1, 2_500, 900_000_000, 1_400_000_000, 120_000_000_000, 3_600_000_000_000,
	]);
	expect(["5mg", "355g", "1.2kg", "-3kg"].map(milligramsOf)).toEqual([5, 355_000, 1_200_000, -3_000_000]);
});

test("the nearest name is offered only when it is near", () => {
	expect(nearest("tkae", ["take", "tap", "place"])).toBe("take");
	expect(nearest("putback", ["putBack", "place"])).toBe("putBack");
	expect(nearest("zebra", ["take", "tap", "place"])).toBeUndefined();
});

test.each([
	['{ "tkae": "cola" }', 'x.json:4:7: steps[0].tkae: There is no step "tkae"; did you mean "take"?'],
	['{ "take": "coal" }', 'x.json:4:7: steps[0].take: There is no product "coal" in this machine; did you mean "cola"?'],
	['{ "take": "cola", "ovre": "1s" }', 'x.json:4:23: steps[0].ovre: There is no "ovre" here; did you mean "over"?'],
	['{ "pass": 15.2 }', 'x.json:4:7: steps[0].pass: Missing unit: 15.2. Write "15.2s" or "15.2ms".'],
	['{ "pass": "15.2" }', 'x.json:4:7: steps[0].pass: Missing unit: 15.2. Write "15.2s" or "15.2ms".'],
	['{ "pass": "soon" }', "is no number with a unit"],
	['{ "door": "opne" }', '"opne" is not one of the choices; did you mean "open"?'],
	['{ "place": "stone", "shelf": 1 }', 'steps[0].mass: "mass" is missing.'],
	['{ "lean": "3kg", "shelf": 9, "for": "1s" }', "There is no shelf 9; the lowest one is 3."],
	['{ "take": "cola", "pass": "1s" }', '"take" and "pass" are two steps'],
	['{ "expect": { "recipt": [] } }', 'There is no "recipt" here; did you mean "receipt"?'],
	['{ "expect": { "oled": { "show": ["x"] } } }', 'There is no "show" here; did you mean "shows"?'],
	['{ "expect": { "receipt": [{ "sku": "chps", "quantity": 1 }] } }', 'did you mean "chips"?'],
	['{ "expect": {} }', "Expect something"],
	['{ "dispense": 3 }', "A fridge delivers nothing"],
	['{ "slot": 3, "is": "jammed" }', 'Only a machine of kind "vending" has slots.'],
	['{ "climate": { "celsius": 7 } }', 'Only a fridge with "equipped": true has a climate.'],
	['{ "mains": "off" }', 'Only a machine with "equipped": true has a battery.'],
	["7", "A step is an object"],
	["{}", "A step names what is done"],
])("%s is refused before anything runs", (step, complaint) => {
	expect(complaintsOf(step).join("\n")).toContain(complaint);
});

test("every mistake of a file is told at once, each with its line", () => {
	const lines = complaintsOf('{ "tkae": 1 }', '{ "pass": "1s" }', '{ "pass": 2 }');
	expect(lines.map((line) => line.split(": ")[0])).toEqual(["x.json:4:7", "x.json:6:7"]);
	expect(() => parseScenarioFile('{ "name": "x", "sede": 3, "steps": [{ "pass": "1s" }] }', "x.json")).toThrow(
		'x.json:1:16: sede: There is no "sede" here; did you mean "seed"?',
	);
	expect(() => parseScenarioFile('{ "name": "x",\n  "steps": [}', "x.json")).toThrow(/^x\.json:2:13: This is no JSON/);
});

test("options of a TypeScript scenario are checked when it is written", () => {
	expect(() => scenario("x", { seed: -1 }, async () => undefined)).toThrow(ScenarioError);
});

const visit = [
	{ unlock: true },
	{ door: "open", over: "900ms" },
	{ take: "cola", over: "1.4s" },
	{ door: "close" },
	{ expect: { receipt: [{ sku: "cola", quantity: 1 }] }, within: "5s" },
];

test("both forms of one story leave the same trace", async () => {
	const typed = scenario("x", { seed: 3 }, async (s) => {
		await s.unlock();
		await s.door.open("900ms");
		await s.shopper.take("cola", { over: "1.4s" });
		await s.door.close();
		await s.expect.within("5s", { receipt: [{ sku: "cola", quantity: 1 }] });
	});
	const file = scenarioOfText(JSON.stringify({ name: "x", seed: 3, steps: visit }), "x.json", ".");
	const [once, again] = [await playScenario(typed), await playScenario(file)];
	expect(once).toMatchObject({ ok: true, seed: 3, steps: 5, capturedCents: 200, lockOpenings: 1 });
	expect(again).toEqual(once);
	expect((await playScenario(file, { seed: 4 })).traceSha256).not.toBe(once.traceSha256);
});

test("a failed step tells when, what was expected, what was seen, and the last twenty events on the wires", async () => {
	const steps = [
		...visit.slice(0, 4),
		{ expect: { receipt: [{ sku: "cola", quantity: 2 }] }, within: "4s" },
		{ pass: "1s" },
	];
	const {
		ok,
		failure,
		steps: done,
	} = await playScenario(scenarioOfText(JSON.stringify({ name: "x", steps }), "x.json", "."));
	expect({ ok, done }).toEqual({ ok: false, done: 5 });
	const lines = failure.split("\n");
	expect(lines[0]).toMatch(/^step 5: \{"expect".*\(x\.json:1:\d+\)$/);
	expect(lines[1]).toMatch(/^ {2}at {8}\d+\.\d{3} s of virtual time$/);
	expect(lines.slice(2, 5)).toEqual([
		'  expected  receipt [{"sku":"cola","quantity":2}] within 4s',
		"  seen      1 cola (the sale is captured)",
		"  the last 20 events on the wires",
	]);
	expect(lines).toHaveLength(25);
	for (const bus of ["gpio", "spi", "i2c", "serial"]) expect(failure).toContain(` s  ${bus}`);
});

test("a step that cannot be done fails with its reason", async () => {
	const { failure } = await playScenario(
		scenario("x", {}, async (s) => {
			await s.door.open();
		}),
	);
	expect(failure).toContain("the bolt holds it shut");
	expect(failure).toMatch(/language\.test\.ts:\d+:\d+/);
});

test("steps whose await was forgotten are done all the same, in order, and their failure counts", async () => {
	const { ok, failure, steps } = await playScenario(
		scenario("x", {}, async (s) => {
			void s.unlock();
			void s.expect.lock("shut");
		}),
	);
	expect({ ok, steps }).toEqual({ ok: false, steps: 2 });
	expect(failure).toContain('expected  lock "shut"');
});

test("a wire's past can be asked for at once, and a wire that is not there is named", async () => {
	const wrong = scenario("x", {}, async (s) => {
		await s.unlock();
		s.expect.net("lock_coil").was(0).then(1);
		s.expect.net("lock_coil").was(1).then(0).then(1);
	});
	expect((await playScenario(wrong)).failure).toContain("seen      0 1");
	const misspelt = scenario("x", {}, async (s) => {
		s.expect.net("lock_coli").was(0);
	});
	expect((await playScenario(misspelt)).failure).toContain('did you mean "lock_coil"?');
});

test("a member of another kind, and a number that is too small, are told in plain words", () => {
	const complaintOf = (written: object): string => {
		try {
			parseScenarioFile(JSON.stringify({ name: "x", ...written }), "x");
			return "";
		} catch (error) {
			return error instanceof Error ? error.message : String(error);
		}
	};
	const steps = [{ pass: "1s" }];
	expect(complaintOf({ seed: -1, steps })).toContain("seed: -1 is not at least 0.");
	expect(complaintOf({ seed: "7", steps })).toContain('seed: Here belongs a number, not "7".');
	expect(complaintOf({ steps: "pass" })).toContain('steps: Here belongs a list, not "pass".');
	expect(complaintOf({ steps: [] })).toContain("steps: The length is at least 1.");
	expect(complaintOf({ steps: [{ expect: { oled: { shows: "x" } } }] })).toContain('Here belongs a list, not "x".');
	expect(complaintOf({ steps: [{ take: "cola", quantity: 0 }] })).toContain("quantity: 0 is not at least 1.");
});
