import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromTop, layerViolations } from "./layers.ts";
import { sourceFiles, top } from "./source-files.ts";

test("no import points up the table of rooms", () => {
	const files = sourceFiles();
	expect(files.length).toBeGreaterThan(20);
	expect(files.flatMap((file) => layerViolations(fromTop(top, file), readFileSync(file, "utf8")))).toEqual([]);
});

const planted: [file: string, source: string, complaint: string][] = [
	["sdk/src/x.ts", 'import { createCloud } from "@visionvend/cloud-lite";', "sdk may import no other room"],
	["pi-runtime/src/x.ts", 'import type { C } from "@visionvend/cloud-lite";', "pi-runtime may import sdk, drivers"],
	["cloud-lite/src/x.ts", 'const sim = await import("@visionvend/hardware-sim/clock");', "cloud-lite may import sdk"],
	["cloud-lite/src/x.ts", 'export * from "../../pi-runtime/src/index.ts";', "a relative path leaves its room"],
	[
		"drivers/hx711/hx711.ts",
		'import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";',
		"import type",
	],
	["drivers/hx711/hx711.ts", 'import { Lock } from "../lock/lock.ts";', "stands alone"],
	["sdk/src/device/x.ts", 'import { z } from "zod";', "no npm or Node modules"],
	["sdk/src/device/x.ts", 'import { systemClock } from "../clock.ts";', "sdk/src/device only"],
	[
		"firmware-moddable/src/x.ts",
		'import { z } from "@visionvend/sdk/catalog/product";',
		"the device part of the sdk only",
	],
	["hardware-sim/src/x.ts", 'import { Net } from "@visionvend/hardware-sim/net";', "by relative path"],
	["drivers/hx711/hx711.ts", 'import type { Lock } from "@visionvend/drivers/lock";', "by relative path"],
	["sdk/conformance/x.ts", 'import { z } from "@visionvend/sdk/catalog/product";', "the device part of the sdk only"],
	["sdk/conformance/x.ts", 'import type { Timer } from "../src/device/io/timer.ts";', "by its package"],
	["sdk/conformance/x.ts", 'import { z } from "zod";', "no npm or Node modules"],
];

test.each(planted)("%s with %s is refused", (file, source, complaint) => {
	expect(layerViolations(file, source).join()).toContain(complaint);
});

test.each([
	["sdk/src/x.test.ts", "@visionvend/hardware-sim/clock"],
	["firmware-moddable/check/x.ts", "node:fs"],
	["sdk/conformance/x.ts", "@visionvend/sdk/device/io/timer"],
	["sdk/conformance/x.ts", "./driver-rules.ts"],
	["hardware-sim/scenarios/x.ts", "@visionvend/hardware-sim/language/scenario"],
])("%s may import %s", (file, specifier) => {
	expect(layerViolations(file, `import ${JSON.stringify(specifier)};`)).toEqual([]);
});
