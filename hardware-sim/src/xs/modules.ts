import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** A compiled ES module that the device can import. */
export interface DeviceModule {
	/** Relative imports of the module resolve against this specifier's folder. */
	readonly specifier: string;
	readonly file: string;
	/** Other specifiers of the same module. */
	readonly aliases?: readonly string[];
	/** Runs while the ROM is built and is frozen; all other modules run on the device, in its RAM. */
	readonly preload?: boolean;
}

const room = fileURLToPath(new URL("../../", import.meta.url));
const shim = "@visionvend/hardware-sim/engine/shim";
const firmware = "@visionvend/firmware/start";

/**
 * The modules of a simulated controller: the device parts of sdk, drivers and firmware as their packages ship them
 * (`dist`), and the shim to the hardware. `program` exports `start(host)`; without one it is the firmware.
 */
export function controllerModules(program?: DeviceModule): DeviceModule[] {
	const modules = [
		...modulesIn("@visionvend/sdk", "device"),
		...modulesIn("@visionvend/sdk", "conformance"),
		...modulesIn("@visionvend/drivers", ""),
		...modulesIn("@visionvend/firmware", "").filter(({ specifier }) => !onlyForTheRealDevice.includes(specifier)),
		{ specifier: shim, file: join(room, "dist", "engine", "shim.js"), preload: true },
		{ specifier: "@visionvend/hardware-sim/engine/bridge", file: join(room, "dist", "engine", "bridge.js") },
		...(program ? [{ ...program, aliases: [...(program.aliases ?? []), "program"] }] : []),
	].map((module) =>
		module.specifier === firmware && !program ? { ...module, preload: true, aliases: ["program"] } : module,
	);
	const missing = [shim, program?.specifier ?? firmware].find(
		(specifier) => !existsSync(modules.find((module) => module.specifier === specifier)?.file ?? ""),
	);
	if (missing) throw new Error(`Module ${missing} is not built. Run \`npx tsc -b\`.`);
	return modules;
}

/** Entry of the Moddable build: it imports the SDK's own modules. */
const onlyForTheRealDevice = ["@visionvend/firmware/main"];

/** The table that the XS host reads: role, specifier, file; one a line. */
export function moduleTable(modules: readonly DeviceModule[]): string {
	const lines = modules.flatMap(({ specifier, file, aliases = [], preload }) => [
		[preload ? "P" : "S", specifier, file],
		...aliases.map((alias) => ["A", alias, specifier]),
	]);
	return [
		...lines,
		["P", "freeze-built-ins", join(room, "xs-host", "freeze-built-ins.js")],
		["M", "main", join(room, "xs-host", "main.js")],
	]
		.map((line) => line.join("\t"))
		.join("\n");
}

/** All compiled modules of a package below a folder of its `dist`. */
function modulesIn(packageName: string, folder: string): DeviceModule[] {
	const dist = join(packageDirectory(packageName), "dist");
	const directory = join(dist, folder);
	if (!existsSync(directory)) return [];
	return readdirSync(directory, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".js"))
		.sort()
		.map((name) => {
			const path = join(folder, name).slice(0, -".js".length).split(sep).join("/");
			// Packages of parts name a part's main module by its folder: drivers/hx711/hx711 is drivers/hx711.
			const isNamedByFolder = basename(dirname(path)) === basename(path);
			return {
				specifier: `${packageName}/${path}`,
				file: join(directory, name),
				...(isNamedByFolder ? { aliases: [`${packageName}/${dirname(path)}`] } : {}),
			};
		});
}

function packageDirectory(name: string): string {
	for (let directory = room; ; directory = dirname(directory)) {
		const candidate = join(directory, "node_modules", name);
		if (existsSync(candidate)) return candidate;
		if (directory === dirname(directory)) throw new Error(`Package ${name} is not installed. Run \`npm install\`.`);
	}
}
