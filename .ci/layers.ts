import { dirname, join, normalize, relative, sep } from "node:path";
import { parseSync } from "vite";

/** The rooms in the order of the design's table: a room may import from rooms above it in this list, never from below. */
export const rooms = ["sdk", "drivers", "firmware-moddable", "pi-runtime", "cloud-lite", "hardware-sim"] as const;
export type Room = (typeof rooms)[number];

/**
 * What each room may look into, besides itself. Device code (`sdk/src/device`) may look into nothing, and the suite for
 * drivers (`sdk/conformance`), which runs on the device too, into that alone.
 */
const allowed: Readonly<Record<Room, readonly Room[]>> = {
	sdk: [],
	drivers: ["sdk"],
	"firmware-moddable": ["sdk", "drivers"],
	"pi-runtime": ["sdk", "drivers"],
	"cloud-lite": ["sdk"],
	"hardware-sim": ["sdk", "drivers", "firmware-moddable", "pi-runtime", "cloud-lite"],
};

const roomOfPackage: Readonly<Record<string, Room>> = {
	"@visionvend/sdk": "sdk",
	"@visionvend/drivers": "drivers",
	"@visionvend/firmware": "firmware-moddable",
	"@visionvend/pi-runtime": "pi-runtime",
	"@visionvend/cloud-lite": "cloud-lite",
	"@visionvend/hardware-sim": "hardware-sim",
};

interface Import {
	readonly specifier: string;
	/** Erased before run time. */
	readonly typeOnly: boolean;
	readonly line: number;
}

/** Every static, dynamic and re-exporting import of a module, type imports included. */
export function importsOf(file: string, source: string): Import[] {
	const { module, program } = parseSync(file, source);
	const lineAt = (offset: number) => source.slice(0, offset).split("\n").length;
	const imports: Import[] = [];
	for (const statement of program.body) {
		if (
			(statement.type === "ImportDeclaration" ||
				statement.type === "ExportAllDeclaration" ||
				statement.type === "ExportNamedDeclaration") &&
			statement.source
		) {
			const kind = statement.type === "ImportDeclaration" ? statement.importKind : statement.exportKind;
			imports.push({
				specifier: statement.source.value,
				typeOnly: kind === "type",
				line: lineAt(statement.start),
			});
		}
	}
	for (const dynamic of module.dynamicImports) {
		const text = source.slice(dynamic.moduleRequest.start, dynamic.moduleRequest.end);
		const literal = /^(["'`])([^"'`$]+)\1$/.exec(text)?.[2];
		if (literal !== undefined) imports.push({ specifier: literal, typeOnly: false, line: lineAt(dynamic.start) });
	}
	return imports;
}

/**
 * The rules of the house that an import of `file` (path from the repository's top) breaks, as readable sentences.
 * Tests and tools, and what stands in a room's `test` or `check` folder beside them, may look anywhere.
 */
export function layerViolations(file: string, source: string): string[] {
	const path = file.split(sep).join("/");
	const folder = path.split("/")[1];
	if (path.endsWith(".test.ts") || folder === "test" || folder === "check") return [];
	const room = rooms.find((name) => path.startsWith(`${name}/`));
	if (room === undefined) return [];
	const isConformance = path.startsWith("sdk/conformance/");
	const onDevice =
		path.startsWith("sdk/src/device/") || isConformance || room === "drivers" || room === "firmware-moddable";
	const violations: string[] = [];
	for (const { specifier, typeOnly, line } of importsOf(file, source)) {
		const complain = (why: string) => violations.push(`${path}:${line} imports "${specifier}": ${why}`);
		if (specifier.startsWith(".")) {
			const target = normalize(join(dirname(file), specifier))
				.split(sep)
				.join("/");
			if (!target.startsWith(`${room}/`))
				complain("a relative path leaves its room; import the other room by its package name");
			else if (path.startsWith("sdk/src/device/") && !target.startsWith("sdk/src/device/"))
				complain("device code runs on the microcontroller and may import sdk/src/device only");
			else if (isConformance && !target.startsWith("sdk/conformance/"))
				complain("the suite for drivers names the device part of the sdk by its package (@visionvend/sdk/device/…)");
			else if (room === "drivers" && !typeOnly && dirname(target) !== dirname(path))
				complain("a driver's folder stands alone at run time; share types only");
			continue;
		}
		const packageName = specifier.split("/").slice(0, 2).join("/");
		const target = roomOfPackage[packageName];
		if (target === undefined) {
			if (onDevice && !typeOnly && !isModdable(path, specifier))
				complain("device code has no npm or Node modules at run time");
			continue;
		}
		if (target === room) {
			// A package's own name leads into its `src` (in drivers, into each folder): from there it is a relative path, from the
			// room's other folders it is the way in, as for everybody else.
			if (folder === "src" || room === "drivers") complain("a room imports itself by relative path");
			else if (isConformance && !specifier.startsWith("@visionvend/sdk/device/"))
				complain("the suite for drivers runs on the device and may import the device part of the sdk only");
		} else if (!allowed[room].includes(target))
			complain(`${room} may import ${allowed[room].join(", ") || "no other room"}`);
		else if (room === "drivers" && !typeOnly) complain("drivers take only types from the sdk: use `import type`");
		else if (room === "firmware-moddable" && target === "sdk" && !specifier.startsWith("@visionvend/sdk/device/"))
			complain("firmware may import the device part of the sdk only (@visionvend/sdk/device/…)");
	}
	return violations;
}

/** Modules that the Moddable SDK provides; only the firmware's entry for the real device names them. */
function isModdable(path: string, specifier: string): boolean {
	return (
		path === "firmware-moddable/src/main.ts" &&
		(specifier.startsWith("embedded:") || specifier.startsWith("mc/") || !specifier.includes("/"))
	);
}

/** Path from the repository's top, with forward slashes. */
export function fromTop(top: string, file: string): string {
	return relative(top, file).split(sep).join("/");
}
