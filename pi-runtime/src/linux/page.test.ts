import { readFileSync } from "node:fs";
import { pi4 } from "@visionvend/sdk/boards/pi4";
import { pi5 } from "@visionvend/sdk/boards/pi5";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../../docs/guides/on-a-pi-5.md", import.meta.url), "utf8");

test("the page shows the example that the tests run, as it is", () => {
	const example = readFileSync(new URL("./example.ts", import.meta.url), "utf8");
	expect(page).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
});

test("the page names every line of config.txt and every device of the boards", () => {
	for (const { i2c, spi, uart, pwm } of [pi5, pi4]) {
		const devices = [...i2c, ...uart, ...spi.flatMap(({ selects }) => selects)];
		for (const { device } of devices) expect(page).toContain(`\`${device}\``);
		for (const { enable } of [...i2c, ...spi, ...uart, pwm]) expect(page).toContain(`\`${enable}\``);
	}
});

test("the wires on the page go to the header pins that belong to their GPIOs", () => {
	const rows = [...page.matchAll(/^\| [^|]+ \| (\d+) \| (\d+) \|/gm)];
	expect(rows).toHaveLength(6);
	for (const [, gpio, header] of rows) expect(pi5.pins[Number(gpio)]?.place).toBe(header);
});
