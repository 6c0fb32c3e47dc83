import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { JsonNode } from "../../.ci/json-node.ts";
import { checkFirmware, wouldBeFileOf } from "./check-firmware.ts";
import { firmwareFiles } from "./firmware-files.ts";
import { reportText } from "./report-text.ts";

// npm run firmware:check [-- --write]: 0 all is well, 1 something is not, 2 wrong arguments.

/** From `.ci/dist/firmware-moddable/check`, where the build puts this. */
const top = fileURLToPath(new URL("../../../..", import.meta.url));

/** Puts every module that the entry reaches into `modules` and `preload`, and nothing else. */
function writeManifest(wanted: readonly string[]): void {
	const file = join(top, "firmware-moddable/manifest.json");
	const manifest = JsonNode.parse(readFileSync(file, "utf8"), file);
	const main = manifest.get("creation").get("main").text();
	const members = Object.fromEntries(manifest.entries().map(([name, { value }]) => [name, value]));
	const modules = Object.fromEntries(wanted.map((specifier) => [specifier, wouldBeFileOf(specifier)]));
	const preload = wanted.filter((specifier) => specifier !== main);
	writeFileSync(file, `${JSON.stringify({ ...members, modules, preload }, undefined, 2)}\n`);
}

const [argument, ...more] = process.argv.slice(2);
if (more.length > 0 || (argument !== undefined && argument !== "--write")) {
	console.error(`firmware:check: there is no argument "${more[0] ?? argument}".
npm run firmware:check               checks the device build without the Moddable SDK
npm run firmware:check -- --write    first puts what the entry reaches into manifest.json`);
	process.exitCode = 2;
} else {
	if (argument === "--write") writeManifest(checkFirmware(firmwareFiles(top)).wanted);
	const report = checkFirmware(firmwareFiles(top));
	console.log(reportText(report));
	process.exitCode = report.problems.length === 0 ? 0 : 1;
}
