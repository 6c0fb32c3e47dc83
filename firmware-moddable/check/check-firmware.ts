import { posix } from "node:path";
import { checkPins, type PinUse } from "@visionvend/sdk/config/esp32s3-pins";
import { deviceSubsetViolations } from "../../.ci/device-subset.ts";
import { JsonNode } from "../../.ci/json-node.ts";
import { codeSize, graphFrom } from "./module-graph.ts";
import { parsePartitions, partitionProblems } from "./partitions.ts";
import { remembered } from "./remembered.ts";
import { sdkModules, sdkVersion } from "./sdk-modules.ts";

/** What the check looks at. */
export interface FirmwareFiles {
	/** Text of a file, by its path from the room `firmware-moddable`; `undefined` where there is none. */
	read(path: string): string | undefined;
	/** What the display says, by language and name. */
	readonly strings: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** The wires of a machine whose configuration names none of its own. */
	readonly pins: readonly PinUse[];
}

export interface ModuleSize {
	readonly specifier: string;
	/** Bytes of built JavaScript, without comments and indentation. */
	readonly bytes: number;
}

export interface FirmwareReport {
	/** What was looked at, and how much of it: for the reader of a green report. */
	readonly checked: readonly string[];
	/** Each continues "firmware: …". Empty when all is well. */
	readonly problems: readonly string[];
	/** The largest first. */
	readonly sizes: readonly ModuleSize[];
	/** What `modules` and `preload` of the manifest ought to be, by what `main` reaches. */
	readonly wanted: readonly string[];
}

/** Largest module, and all of them together, in bytes as in {@link ModuleSize}. Limits that we set: raise them on purpose. */
export const ceilings = { module: 32_000, total: 360_000 } as const;
const subsetViolations = remembered(deviceSubsetViolations);

/** Flash of an ESP32-S3-DevKitC-1-N16R8. */
const flashBytes = 16 * 1_024 * 1_024;
/** Largest image that we allow. What the linked image takes has not been measured. */
const imageBytes = 3 * 1_024 * 1_024;

/** What `mcconfig` puts into the creation structure of XS: the memory that the simulator gives, and nothing grows. */
const memory: readonly (readonly [path: readonly string[], value: number])[] = [
	[["static"], 0],
	[["chunk", "initial"], 78_848],
	[["chunk", "incremental"], 0],
	[["heap", "initial"], 4_928],
	[["heap", "incremental"], 0],
	[["stack"], 512],
];

interface Manifest {
	readonly include: readonly string[];
	readonly main: string;
	/** Built file, by specifier. */
	readonly modules: Readonly<Record<string, string>>;
	readonly preload: readonly string[];
	readonly nativeSources: readonly string[];
	readonly nativeFunctions: readonly string[];
}

function parseManifest(text: string): Manifest {
	const manifest = JsonNode.parse(text, "manifest.json");
	const texts = (node: JsonNode | undefined) => (node === undefined ? [] : node.list().map((member) => member.text()));
	const ffi = manifest.find("ffi");
	return {
		include: texts(manifest.get("include")),
		main: manifest.get("creation").get("main").text(),
		modules: Object.fromEntries(
			manifest
				.get("modules")
				.entries()
				.map(([specifier, file]) => [specifier, file.text()]),
		),
		preload: texts(manifest.get("preload")),
		nativeSources: texts(ffi?.find("sources")),
		nativeFunctions:
			ffi === undefined
				? []
				: ffi
						.get("functions")
						.entries()
						.map(([name]) => name),
	};
}

const board = "boards/visionvend_s3";

/** All that can be said of the device build without the Moddable SDK. Throws only when the manifest is no manifest. */
export function checkFirmware(files: FirmwareFiles): FirmwareReport {
	const problems: string[] = [];
	const checked: string[] = [];
	const manifest = parseManifest(mustRead(files, "manifest.json"));
	const { main } = manifest;

	for (const [specifier, file] of Object.entries(manifest.modules))
		if (files.read(file) === undefined)
			problems.push(`${specifier} of manifest.json: ${file} does not exist. Build first: npx tsc -b firmware-moddable`);
	checked.push(`${Object.keys(manifest.modules).length} modules of manifest.json have a built file`);

	const fileOf = (specifier: string) => manifest.modules[specifier] ?? wouldBeFileOf(specifier);
	const codeOf = (specifier: string) => {
		const file = fileOf(specifier);
		return file === undefined ? undefined : files.read(file);
	};
	const { reached, outside } = graphFrom(main, codeOf);
	const known = new Set(Object.keys(manifest.modules));
	for (const specifier of reached)
		if (!known.has(specifier)) problems.push(`${specifier} is imported, and manifest.json does not have it`);
	for (const specifier of known)
		if (!reached.includes(specifier)) problems.push(`${specifier} is in manifest.json, and nothing imports it`);
	for (const { importer, specifier, written } of outside) {
		const bringers = sdkModules[specifier];
		if (bringers === undefined)
			problems.push(
				`${importer} imports "${written}", which is neither in manifest.json nor a module of the Moddable SDK ${sdkVersion}`,
			);
		else if (bringers.length > 0 && !bringers.some((bringer) => manifest.include.includes(bringer)))
			problems.push(
				`${importer} imports "${written}", for which manifest.json has to include ${bringers.join(" or ")}`,
			);
	}
	const fromSdk = new Set(outside.map(({ specifier }) => specifier)).size;
	checked.push(`${reached.length} modules are reached from ${main}, and ${fromSdk} of the Moddable SDK ${sdkVersion}`);

	const preloaded = new Set(manifest.preload);
	for (const specifier of reached)
		if (specifier !== main && !preloaded.has(specifier))
			problems.push(`${specifier} is not preloaded: it would take RAM instead of flash`);
	for (const specifier of preloaded)
		if (specifier === main || !known.has(specifier))
			problems.push(`${specifier} is preloaded, and is ${specifier === main ? "the entry" : "no module"}`);
	let sources = 0;
	for (const specifier of reached) {
		const source = sourceOf(fileOf(specifier) ?? "");
		const text = files.read(source);
		if (text === undefined) problems.push(`${specifier} has no source at ${source}`);
		else {
			sources++;
			problems.push(...subsetViolations(posix.normalize(posix.join("firmware-moddable", source)), text));
		}
	}
	checked.push(`${sources} sources keep to the device's subset, and may lie in ROM`);

	problems.push(
		...nativeProblems(files, manifest, codeOf(main) ?? "", checked),
		...boardProblems(files, checked),
		...stringProblems(files.strings, checked),
	);

	for (const { key, pin, reason, free } of checkPins(files.pins))
		problems.push(`default ${key}: pin ${pin} ${reason}. Free: ${free.join(", ")}`);
	checked.push(`${files.pins.length} default pins are legal on an ESP32-S3-DevKitC-1-N16R8`);

	const sizes = reached
		.map((specifier) => ({ specifier, bytes: codeSize(`${specifier}.js`, codeOf(specifier) ?? "") }))
		.sort((one, other) => other.bytes - one.bytes || (one.specifier < other.specifier ? -1 : 1));
	for (const { specifier, bytes } of sizes)
		if (bytes > ceilings.module) problems.push(`${specifier} has ${bytes} bytes, more than ${ceilings.module}`);
	const total = totalOf(sizes);
	if (total > ceilings.total) problems.push(`all modules together have ${total} bytes, more than ${ceilings.total}`);
	return { checked, problems, sizes, wanted: reached };
}

export function totalOf(sizes: readonly ModuleSize[]): number {
	return sizes.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Where the build puts a module of ours: `@visionvend/drivers/lock` is `../drivers/dist/lock/lock.js`. */
export function wouldBeFileOf(specifier: string): string | undefined {
	const [scope, room, ...rest] = specifier.split("/");
	const path = rest.join("/");
	if (scope !== "@visionvend" || path === "") return undefined;
	if (room === "firmware") return `./dist/${path}.js`;
	if (room === "drivers") return `../drivers/dist/${path}/${path}.js`;
	if (room === "sdk") return `../sdk/dist/${path}.js`;
	return undefined;
}

/** The source that a built file is made of. */
function sourceOf(file: string): string {
	const source = file.startsWith("../drivers/")
		? file.replace("/dist/", "/")
		: file.startsWith("../")
			? file.replace("/dist/", "/src/")
			: file.replace("./dist/", "src/");
	return source.replace(/\.js$/, ".ts");
}

function mustRead(files: FirmwareFiles, path: string): string {
	const text = files.read(path);
	if (text === undefined) throw new Error(`firmware-moddable/${path} does not exist.`);
	return text;
}

/** Every function of the manifest is there in C where it is ours, and declared for the compiler. */
function nativeProblems(files: FirmwareFiles, manifest: Manifest, main: string, checked: string[]): string[] {
	const problems: string[] = [];
	let c = "";
	for (const source of manifest.nativeSources) {
		const text = files.read(source);
		if (text === undefined) problems.push(`ffi of manifest.json: ${source} does not exist`);
		else c += text;
	}
	const declared = files.read("src/moddable/moddable.d.ts") ?? "";
	const names = manifest.nativeFunctions;
	for (const name of names) {
		if (name.startsWith("vv_") && !new RegExp(`\\b${name}\\(`).test(c))
			problems.push(`ffi of manifest.json: no C source has ${name}`);
		if (!new RegExp(`\\b${name}\\(`).test(declared))
			problems.push(`ffi of manifest.json: src/moddable/moddable.d.ts does not declare ${name}`);
	}
	for (const [, name = ""] of main.matchAll(/\bnative\.(\w+)\(/g))
		if (!names.includes(name)) problems.push(`main calls ${name}, which ffi of manifest.json does not have`);
	checked.push(`${names.length} native functions are declared, and those of ours are there in C`);
	return problems;
}

function boardProblems(files: FirmwareFiles, checked: string[]): string[] {
	const manifest = JsonNode.parse(mustRead(files, `${board}/manifest.json`), `${board}/manifest.json`);
	const build = manifest.get("build");
	const problems: string[] = [];
	const chip = build.get("ESP32_SUBCLASS").text();
	if (chip !== "esp32s3") problems.push(`${board}/manifest.json: the chip is ${chip}, not esp32s3`);
	for (const [path, wanted] of memory) {
		const value = path.reduce((node, name) => node.get(name), manifest.get("creation")).integer();
		if (value !== wanted)
			problems.push(
				`${board}/manifest.json: creation.${path.join(".")} is ${value}, and the simulator gives ${wanted}`,
			);
	}
	for (const file of [
		`${build.get("SDKCONFIGPATH").text()}/sdkconfig.defaults`,
		"host/provider.js",
		...manifest
			.get("modules")
			.entries()
			.map(([, module]) => `${module.text()}.js`),
	])
		if (files.read(`${board}/${file}`) === undefined) problems.push(`${board}/${file} does not exist`);
	const partitionFile = build.get("PARTITIONS_FILE_FOR_TARGET").text();
	const table = files.read(posix.join(board, partitionFile));
	if (table === undefined) return [...problems, `${board}: there is no ${partitionFile}`];
	const partitions = parsePartitions(table);
	checked.push(
		`${partitions.length} partitions fit 16 MB of flash, two of them an image of ${imageBytes / 1_024 / 1_024} MB each`,
	);
	return [...problems, ...partitionProblems(partitions, flashBytes, imageBytes)];
}

/** Every language says everything. A phrase may be the same in two languages ("Total"); none may be missing or empty. */
function stringProblems(strings: FirmwareFiles["strings"], checked: string[]): string[] {
	const problems: string[] = [];
	const languages = Object.keys(strings);
	const names = new Set(Object.values(strings).flatMap((phrases) => Object.keys(phrases)));
	for (const language of languages)
		for (const name of names) {
			const phrase = strings[language]?.[name];
			if (phrase === undefined || phrase.trim() === "")
				problems.push(`drivers/strings: "${name}" is not translated into ${language}`);
		}
	checked.push(`${names.size} phrases are there in ${languages.join(", ")}`);
	return problems;
}
