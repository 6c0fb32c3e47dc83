import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { top } from "../source-files.ts";
import { allPictures, pageWithPicture } from "./pictures.ts";
import type { Wiring } from "./wiring.ts";
import { wiringAlt, wiringPicture } from "./wiring-picture.ts";

const pictures = allPictures(top);

test.each(pictures.map((picture) => [basename(picture.folder), picture] as const))(
	"the picture of %s is drawn from its wiring.json, and its page shows it (renew: npm run wiring)",
	(_name, { folder, svg, markdown }) => {
		const file = join(folder, "wiring.svg");
		expect(existsSync(file)).toBe(true);
		expect(readFileSync(file, "utf8") === svg, "wiring.svg is current").toBe(true);
		expect(Buffer.byteLength(svg)).toBeLessThan(20_000);
		const page = readFileSync(join(folder, "README.md"), "utf8");
		expect(page).toBe(pageWithPicture(page, markdown));
		expect(page).toContain(markdown);
	},
);

const lamp: Wiring = {
	part: "Lamp <1>",
	voltage: "12 V & no more",
	board: "ESP32-S3-DevKitC-1-N16R8",
	pins: [
		{ part: "+", net: "12V", gpio: null, note: "fuse it; twice" },
		{ part: "gate", net: "lamp", gpio: 4, note: "100 Ω in series and 10 kΩ pull-down: dark while the pin floats" },
		{ part: "gate 2", net: "lamp 2", gpio: 5, note: "likewise" },
		{ part: "sensor", net: "light", gpio: 6, note: "optional; 4.7 kΩ pull-up" },
		{ part: "switch", net: "switch", gpio: 7, note: "the driver opens the pin with a pull-up" },
		{ part: "VBAT", net: "3V8", gpio: null, note: "" },
		{ part: "GND", net: "GND", gpio: null, note: "" },
	],
};

test("a picture names part, pins, places on the header, supplies and the resistors that the notes ask for", () => {
	const svg = wiringPicture(lamp);
	for (const text of ["Lamp &lt;1>", "12 V &amp; no more", "GPIO4", "J1-4", "12 V supply", "3.8 V supply", "fuse it"])
		expect(svg).toContain(`>${text}<`);
	expect(svg.match(/>100 Ω</g)).toHaveLength(2);
	expect(svg.match(/>to GND</g)).toHaveLength(2);
	expect(svg.match(/>to 3V3</g)).toHaveLength(1);
	expect(svg).toContain(">light (optional)<");
	expect(wiringAlt(lamp)).toBe(
		"Lamp <1> wired to an ESP32-S3: gate to GPIO4, gate 2 to GPIO5, sensor to GPIO6, switch to GPIO7",
	);
});

test("a page gets one picture, behind its first sentence", () => {
	const page = "# Lamp\n\nShines.\n\n## Wiring\n";
	const once = pageWithPicture(page, "![Lamp](wiring.svg)");
	expect(once).toBe("# Lamp\n\nShines.\n\n![Lamp](wiring.svg)\n\n## Wiring\n");
	expect(pageWithPicture(once, "![Lamp wired](wiring.svg)")).toBe(once.replace("Lamp]", "Lamp wired]"));
});
