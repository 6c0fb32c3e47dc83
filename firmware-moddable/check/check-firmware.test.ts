import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkFirmware, type FirmwareFiles } from "./check-firmware.ts";
import { firmwareFiles } from "./firmware-files.ts";
import { reportText } from "./report-text.ts";

const firmware = firmwareFiles(fileURLToPath(new URL("../..", import.meta.url)));

/** The firmware with the text of some files changed. `undefined`: the file is gone. */
function withFiles(changes: Readonly<Record<string, (text: string) => string | undefined>>): FirmwareFiles {
	return {
		...firmware,
		read(path) {
			const text = firmware.read(path);
			const change = changes[path];
			return change === undefined ? text : change(text ?? "");
		},
	};
}

/** Replaces, and fails when there is nothing to replace. */
function replaced(from: string, to: string): (text: string) => string {
	return (text) => {
		if (!text.includes(from)) throw new Error(`The firmware no longer has ${from}.`);
		return text.replace(from, to);
	};
}

test("the firmware is fit for the Moddable SDK, as far as one can tell without it", () => {
	const report = checkFirmware(firmware);
	expect(report.problems).toEqual([]);
	expect(report.wanted.length).toBeGreaterThan(40);
	const text = reportText(report);
	expect(text).toMatch(/@visionvend\/firmware\/main +\d+\n/);
	expect(text).toMatch(/\d+ modules +\d+ of \d+\n/);
	expect(text).toContain("The firmware is fit");
});

const price = '"@visionvend/firmware/price"';
const priceModule = `${price}: "./dist/price.js",`;
const priceFile = "./dist/price.js";
const board = "boards/visionvend_s3";
const partitions = `${board}/sdkconfig/partitions.csv`;

const planted: readonly (readonly [fault: string, complaint: RegExp, files: FirmwareFiles])[] = [
	[
		"a module of the manifest that was not built",
		/price\.js does not exist\. Build first/,
		withFiles({ [priceFile]: () => undefined }),
	],
	[
		"a module that the manifest forgets",
		/firmware\/price is imported, and manifest\.json does not have it/,
		withFiles({ "manifest.json": replaced(priceModule, "") }),
	],
	[
		"a module that nothing imports",
		/firmware\/board-pins is in manifest\.json, and nothing imports it/,
		withFiles({
			"manifest.json": replaced(priceModule, `${priceModule} "@visionvend/firmware/board-pins": "./dist/price.js",`),
		}),
	],
	[
		"a module that the SDK does not have",
		/price imports "node:fs", which is neither in manifest\.json nor a module of the Moddable SDK/,
		withFiles({ [priceFile]: (text) => `import "node:fs";\n${text}` }),
	],
	[
		"a module of the SDK whose manifest is not included",
		/main imports "resetReason", for which manifest\.json has to include/,
		withFiles({
			"manifest.json": replaced("$(MODDABLE)/build/devices/esp32/modules/resetReason/manifest.json", "./other.json"),
		}),
	],
	[
		"a module that is not preloaded",
		/firmware\/price is not preloaded/,
		withFiles({
			"manifest.json": (text) => {
				const at = text.lastIndexOf(`${price},`);
				return text.slice(0, at) + text.slice(at + price.length + 1);
			},
		}),
	],
	[
		"the entry in ROM",
		/main is preloaded, and is the entry/,
		withFiles({ "manifest.json": replaced('"preload": [', '"preload": ["@visionvend/firmware/main",') }),
	],
	[
		"state in a module",
		/firmware-moddable\/src\/price\.ts:1 module-level `let`/,
		withFiles({ "src/price.ts": (text) => `let sales = 0; ${text}` }),
	],
	[
		"a driver with a promise",
		/drivers\/lock\/lock\.ts:\d+ `Promise` does not exist on the device/,
		withFiles({ "../drivers/lock/lock.ts": (text) => `${text}\nexport const later = () => Promise.resolve();` }),
	],
	[
		"a native function that nobody wrote",
		/no C source has vv_firmware_confirm/,
		withFiles({
			[`./${board}/native/firmware-slots.c`]: (text) => text.replaceAll("vv_firmware_confirm", "vv_firmware_forget"),
		}),
	],
	[
		"a module that has grown too large",
		/firmware\/price has \d+ bytes, more than/,
		withFiles({ [priceFile]: (text) => `${text}\nexport const ballast = "${"x".repeat(40_000)}";` }),
	],
	[
		"modules that are too large together",
		/all modules together have \d+ bytes, more than/,
		withFiles(
			Object.fromEntries(
				["price", "freshness", "scales", "feedback", "start", "screen-text"].map((name) => [
					`./dist/${name}.js`,
					(text: string) => `${text}\nexport const ballast = "${"x".repeat(30_000)}";`,
				]),
			),
		),
	],
	[
		"a board with another memory",
		/boards\/visionvend_s3\/manifest\.json: creation\.stack is 1024/,
		withFiles({ [`${board}/manifest.json`]: replaced('"stack": 512', '"stack": 1024') }),
	],
	[
		"slots that overlap",
		/partition ota_1 begins at 0x310000/,
		withFiles({ [partitions]: replaced("0x410000", "0x310000") }),
	],
	[
		"a slot that is too small for an image",
		/slot ota_1 holds 1048576 bytes/,
		withFiles({ [partitions]: replaced("0x410000, 0x400000", "0x410000, 0x100000") }),
	],
	[
		"partitions behind the flash",
		/partition coredump ends at 0x1850000, behind the flash/,
		withFiles({ [partitions]: replaced("0x20000", "0x1000000") }),
	],
	[
		"a phrase that is missing in one language",
		/"thankYou" is not translated into es/,
		{ ...firmware, strings: { ...firmware.strings, es: { ...firmware.strings.es, thankYou: "" } } },
	],
	[
		"a default pin that carries PSRAM",
		/default pins\.mosfet: pin 35 carries the octal PSRAM/,
		{ ...firmware, pins: [...firmware.pins, { key: "pins.mosfet", pin: 35 }] },
	],
];

test.each(planted)("%s is found", (_fault, complaint, files) => {
	const report = checkFirmware(files);
	expect(report.problems.join("\n")).toMatch(complaint);
	expect(reportText(report)).toMatch(/^firmware: /m);
});

test("what the check would write into the manifest is what the entry reaches", () => {
	const forgotten = checkFirmware(withFiles({ "manifest.json": replaced(priceModule, "") }));
	expect(forgotten.wanted).toContain("@visionvend/firmware/price");
	expect(forgotten.wanted).toEqual(checkFirmware(firmware).wanted);
});
