import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { rooms } from "../layers.ts";
import { top } from "../source-files.ts";
import { driverName } from "./driver-name.ts";
import { newDriver } from "./new-driver.ts";

const made: string[] = [];
afterAll(() => {
	for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** The repository with its build, and its own way to its rooms; other people's packages are those of this one. */
function copyOfTheHouse(): string {
	const copy = mkdtempSync(join(tmpdir(), "visionvend-new-driver-"));
	made.push(copy);
	const files = readdirSync(top).filter(
		(name) => /^(package|tsconfig|vitest|biome).*\.(json|ts)$/.test(name) || name === ".gitignore",
	);
	for (const name of [...rooms, ...files, ".ci", "docs", "README.md"])
		cpSync(join(top, name), join(copy, name), {
			recursive: true,
			preserveTimestamps: true,
			filter: (source) => basename(source) !== "node_modules",
		});
	mkdirSync(join(copy, "node_modules/@visionvend"), { recursive: true });
	for (const name of readdirSync(join(top, "node_modules")))
		if (name !== "@visionvend" && name !== ".cache")
			symlinkSync(join(top, "node_modules", name), join(copy, "node_modules", name));
	for (const room of rooms) {
		const name = room === "firmware-moddable" ? "firmware" : room;
		symlinkSync(join(copy, room), join(copy, "node_modules/@visionvend", name));
	}
	return copy;
}

test("what new-driver makes compiles, is formatted, and passes its own tests, the conformance suite and the folder rules", () => {
	const copy = copyOfTheHouse();
	const files = newDriver(copy, "light-curtain");
	expect(files).toEqual(
		expect.arrayContaining([
			"drivers/light-curtain/README.md",
			"drivers/light-curtain/conformance.ts",
			"drivers/light-curtain/example.ts",
			"drivers/light-curtain/light-curtain.test.ts",
			"drivers/light-curtain/light-curtain.ts",
			"drivers/light-curtain/manifest.json",
			"drivers/light-curtain/wiring.json",
			"drivers/light-curtain/wiring.svg",
			"hardware-sim/src/chips/light-curtain.ts",
			"hardware-sim/src/conformance/light-curtain.ts",
			"hardware-sim/src/conformance/parts.ts",
		]),
	);
	const run = (program: string, ...options: string[]) =>
		execFileSync(process.execPath, [join(top, "node_modules", program), ...options], {
			cwd: copy,
			encoding: "utf8",
			stdio: "pipe",
			env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "" },
		});
	run("typescript/bin/tsc", "-b", "drivers");
	const sources = (some: readonly string[]) => some.filter((file) => /\.(ts|json)$/.test(file));
	run("@biomejs/biome/bin/biome", "ci", ...sources(files));
	// Conformance on XS runs what the compiler made, which is in the copy.
	const filters = ["light-curtain", "driver-folder", "run-conformance", "wiring-picture"];
	const report = run("vitest/vitest.mjs", "run", "--reporter=dot", ...filters);
	expect(report).toMatch(/Test Files +\d+ passed \(\d+\)/);
	expect(() => newDriver(copy, "light-curtain")).toThrow(/is there already/);
	// Lines break elsewhere when a name is short or long.
	for (const name of ["u", "turnstile-with-two-arms-and-a-counter"])
		run("@biomejs/biome/bin/biome", "ci", ...sources(newDriver(copy, name)));
});

test.each([
	["LightCurtain", /small letters and digits.*Try "light-curtain"/],
	["light_curtain", /Try "light-curtain"/],
	["3d-camera", /a letter first\. Try "d-camera"/],
	["-", /is no name for a driver/],
	["../lock", /Try "lock"/],
	["light--curtain", /Try "light-curtain"/],
	["hx711", /drivers\/hx711 is there already/],
	["digital", /is taken by the house/],
	["a".repeat(41), /is too long/],
])("the name %s is refused with what would do", (name, complaint) => {
	expect(() => newDriver(top, name)).toThrow(complaint);
});

test("a name becomes a class and a variable", () => {
	expect(driverName("light-curtain", [])).toEqual({
		folder: "light-curtain",
		className: "LightCurtain",
		variable: "lightCurtain",
	});
	expect(driverName("vl6180x", []).className).toBe("Vl6180x");
});
