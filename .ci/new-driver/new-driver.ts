import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pageWithPicture, pictureOf } from "../wiring-picture/pictures.ts";
import { type DriverName, driverName } from "./driver-name.ts";

const partsFile = "hardware-sim/src/conformance/parts.ts";
const suffix = ".template";

/**
 * Makes a driver with test, example, wiring, manifest, page and conformance subject, its chip with test, and the file
 * that solders it; enters it into the suite, its table and the table of drivers. All of it passes as it is.
 * `top` is the repository's top folder. Returns the files that are new or changed, from the top.
 * Throws a RangeError for a bad name, and changes nothing then.
 */
export function newDriver(top: string, name: string): string[] {
	const drivers = join(top, "drivers");
	const existing = readdirSync(drivers).filter((folder) => existsSync(join(drivers, folder, "manifest.json")));
	const called = driverName(name, existing);
	const files = new Map<string, string>();
	const template = join(top, ".ci/new-driver/template");
	for (const path of readdirSync(template, { recursive: true, encoding: "utf8" }).sort()) {
		if (!path.endsWith(suffix)) continue;
		const target = renamed(path.slice(0, -suffix.length), called);
		if (existsSync(join(top, target))) throw new RangeError(`${target} is there already. Choose another name.`);
		files.set(target, renamed(readFileSync(join(template, path), "utf8"), called));
	}
	const edit = (file: string, change: (text: string) => string) =>
		files.set(file, change(readFileSync(join(top, file), "utf8")));
	edit(partsFile, (text) => withPart(text, called));
	edit("drivers/README.md", (text) => withRow(text, called));
	edit("docs/conformance.md", (text) => withResult(text, called));

	const write = (file: string, text: string) => {
		mkdirSync(dirname(join(top, file)), { recursive: true });
		writeFileSync(join(top, file), text);
	};
	for (const [file, text] of files) write(file, text);
	format(
		top,
		[...files.keys()].filter((file) => /\.(ts|json)$/.test(file)),
	);

	// The page holds the example as the formatter leaves it, and the picture.
	const folder = `drivers/${name}`;
	const { svg, markdown } = pictureOf(join(top, folder));
	write(`${folder}/wiring.svg`, svg);
	const example = readFileSync(join(top, folder, "example.ts"), "utf8").trimEnd();
	const page = readFileSync(join(top, folder, "README.md"), "utf8").replace("EXAMPLE", () => example);
	write(`${folder}/README.md`, pageWithPicture(page, markdown));
	return [...files.keys(), `${folder}/wiring.svg`].sort();
}

function renamed(text: string, { folder, className, variable }: DriverName): string {
	return text.replaceAll("new-part", folder).replaceAll("NewPart", className).replaceAll("newPart", variable);
}

/** Class names differ in length, and lines break where the formatter says. */
function format(top: string, files: readonly string[]): void {
	const biome = join(top, "node_modules/@biomejs/biome/bin/biome");
	execFileSync(process.execPath, [biome, "check", "--write", "--log-level=error", ...files], {
		cwd: top,
		stdio: ["ignore", "ignore", "inherit"],
	});
}

/** Imports are put in order by the formatter, the list here. */
function withPart(text: string, { folder, className, variable }: DriverName): string {
	const subject = `import { subject as ${variable} } from "@visionvend/drivers/${folder}/conformance";\n`;
	const solder = `import { solder as solder${className} } from "./${folder}.ts";\n`;
	const start = text.indexOf("Object.freeze([\n") + "Object.freeze([\n".length;
	const end = text.indexOf("]);", start);
	if (end < start) throw new Error(`${partsFile} has no list of parts.`);
	const entries = text.slice(start, end).split("\n").filter(Boolean);
	entries.push(`\t{ subject: ${variable}, solder: solder${className} },`);
	const whole = `${subject}${solder}${text}`;
	const folderOf = (entry: string) => {
		const [, name = ""] = /subject: (\w+)/.exec(entry) ?? [];
		return new RegExp(`subject as ${name} } from "@visionvend/drivers/([^/]+)/`).exec(whole)?.[1] ?? "";
	};
	entries.sort((one, other) => (folderOf(one) < folderOf(other) ? -1 : 1));
	return `${subject}${solder}${text.slice(0, start)}${entries.join("\n")}\n${text.slice(end)}`;
}

const group = "| **New** | | |";

function withRow(page: string, { folder }: DriverName): string {
	const rows = page.split("\n");
	const last = lastIndex(rows, (row) => row.startsWith("| ["));
	if (last < 0) throw new Error("drivers/README.md has no table of drivers.");
	const row = `| [${folder}](${folder}/README.md) | say what it does | simulator, XS, ESP32-S3, Pi |`;
	rows.splice(last + 1, 0, ...(rows.includes(group) ? [row] : [group, row]));
	return rows.join("\n");
}

/** What the suite will say: the template passes. Its test finds out whether that is true. */
function withResult(page: string, { folder }: DriverName): string {
	const rows = page.split("\n");
	const isResult = (row: string) => /^\| [a-z0-9-]+ \| (pass|–|\*\*)/.test(row);
	const after = lastIndex(rows, (row) => isResult(row) && (row.split(" ")[1] ?? "") < folder);
	const first = rows.findIndex(isResult);
	if (first < 0) throw new Error("docs/conformance.md has no table of results.");
	rows.splice(after < 0 ? first : after + 1, 0, `| ${folder} | pass | pass | pass | not tried | not tried |`);
	return rows.join("\n");
}

function lastIndex(rows: readonly string[], matches: (row: string) => boolean): number {
	return rows.reduce((last, row, index) => (matches(row) ? index : last), -1);
}
