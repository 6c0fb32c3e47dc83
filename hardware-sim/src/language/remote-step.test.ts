import { expect, test } from "vitest";
import { settle } from "./options.ts";
import { parseStep } from "./steps.ts";

const options = settle({});
const complaints = (step: object, more = options) => {
	const parsed = parseStep(step, more);
	return parsed.ok ? [] : parsed.complaints.map(({ path, message }) => `${path.join(".")}: ${message}`);
};

test.each([
	{ command: "reboot" },
	{ command: "tare", shelf: 1 },
	{ command: "calibrate", shelf: 0, mass: "1kg" },
	{ command: "service-start", for: "240min" },
	{ configure: { languages: ["es"] } },
	{ update: "broken" },
	{ expect: { command: "done" } },
	{ expect: { command: { of: "update", state: "failed", reason: "rolled-back" }, health: { faults: [] } } },
	{ fault: "host", clock: { of: "pi", behind: "3h" } },
])("%j is a step", (step) => expect(complaints(step)).toEqual([]));

test("what a command needs, and what it cannot have, is said before anything runs", () => {
	expect(complaints({ command: "rebot" })).toEqual([
		'command: "rebot" is not one of the choices; did you mean "reboot"?',
	]);
	expect(complaints({ command: "tare" })).toEqual(['command: "tare" needs a "shelf".']);
	expect(complaints({ command: "calibrate", shelf: 1 })).toEqual([
		'command: "calibrate", and nothing else, needs a "mass".',
	]);
	expect(complaints({ command: "service-start", for: "90s" })).toEqual([
		'command: "service-start" needs "for", in whole minutes: 1min to 240min.',
	]);
	expect(complaints({ command: "identify", for: "1min" })).toEqual(['for: "identify" lasts no time.']);
	expect(complaints({ configure: { language: ["es"] } })).toEqual([
		'configure.language: There is no "language" here; did you mean "languages"?',
	]);
	expect(complaints({ fault: "host", clock: { of: "pi" } })).toEqual(['clock: "clock" cannot happen there.']);
});

test("parts that a machine does not have are no subject of its steps", () => {
	expect(complaints({ button: "press" })).toEqual([
		'button: Only a machine with "equipped": true has a restock button.',
	]);
	expect(complaints({ modem: "restarts" })).toEqual(['modem: Only a machine with "uplink": "lte" has a modem.']);
	expect(complaints({ modem: -90 }, settle({ uplink: "lte" }))).toEqual([]);
});
