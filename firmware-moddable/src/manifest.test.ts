import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const room = fileURLToPath(new URL("..", import.meta.url));
const text = (path: string) => readFileSync(posix.join(room, path), "utf8");
const manifest = JSON.parse(text("manifest.json"));
const board = JSON.parse(text("boards/visionvend_s3/manifest.json"));

/** Modules of the SDK that the build finds through the manifests that ours includes, or through its tools. */
const sdkModules = [
	"embedded:io/socket/tcp",
	"embedded:io/socket/tcp/tls",
	"embedded:io/socket/udp",
	"embedded:network/dns/resolver/udp",
	"embedded:network/interface/wifi",
	"embedded:network/mqtt/client",
	"embedded:provider/builtin",
	"embedded:storage/key-value",
	"mc/config",
	"mc/ffi",
	"net",
	"resetReason",
	"sntp",
	"time",
	"timer",
];

/** The source of a module that a manifest names: its file in `dist` is compiled from it. */
function sourceOf(file: string): string {
	expect(file).toMatch(/\.js$/);
	const withoutDist = file.startsWith("../sdk/") ? file.replace("/dist/", "/src/") : file.replace("/dist/", "/");
	const source = file.startsWith("./dist/") ? file.replace("./dist/", "src/") : withoutDist;
	return source.replace(/\.js$/, ".ts");
}

/** What a module imports when it runs. */
function importsOf(specifier: string, source: string): string[] {
	const found = text(source).matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gm);
	return [...found].map(([, imported = ""]) =>
		imported.startsWith(".") ? posix.join(posix.dirname(specifier), imported).replace(/\.ts$/, "") : imported,
	);
}

test("every module of the manifest has its source in the repository", () => {
	for (const [specifier, file] of Object.entries<string>(manifest.modules)) {
		const source = sourceOf(file);
		expect(existsSync(posix.join(room, source)), `${specifier}: ${source}`).toBe(true);
	}
});

test("the manifest holds all that the firmware imports, and nothing else", () => {
	const reached = new Set<string>();
	const waiting = [manifest.creation.main];
	for (let specifier = waiting.pop(); specifier !== undefined; specifier = waiting.pop()) {
		if (reached.has(specifier) || sdkModules.includes(specifier)) continue;
		reached.add(specifier);
		const file = manifest.modules[specifier];
		expect(file, `${specifier} is imported, and manifest.json does not have it`).toBeTypeOf("string");
		waiting.push(...importsOf(specifier, sourceOf(file)));
	}
	expect(Object.keys(manifest.modules).sort()).toEqual([...reached].sort());
});

test("all modules but the entry are preloaded into ROM", () => {
	const { main } = manifest.creation;
	expect(manifest.preload).toEqual(Object.keys(manifest.modules).filter((specifier) => specifier !== main));
});

test("the native functions are those that the entry and the firmware slots call", () => {
	const callers = text("src/main.ts") + text("src/moddable/native-slots.ts");
	const calls = [...callers.matchAll(/\bnative\.(\w+)\(/g)].map(([, name]) => name);
	expect(Object.keys(manifest.ffi.functions).sort()).toEqual([...new Set(calls)].sort());
});

test("the native functions of ours are in the sources that the manifest names", () => {
	const sources = manifest.ffi.sources.map((file: string) => text(file)).join("\n");
	const ours = Object.keys(manifest.ffi.functions).filter((name) => name.startsWith("vv_"));
	for (const name of ours) expect(sources).toMatch(new RegExp(`^u?int32_t ${name}\\(`, "m"));
});

test("the board is an ESP32-S3 with the memory that the simulator gives", () => {
	expect(board.build.ESP32_SUBCLASS).toBe("esp32s3");
	expect(board.creation).toMatchObject({ chunk: { initial: 78_848 }, heap: { initial: 4_928 }, stack: 512 });
	for (const file of [board.build.SDKCONFIGPATH, board.build.PARTITIONS_FILE_FOR_TARGET, "./setup-target.js"]) {
		expect(existsSync(posix.join(room, "boards/visionvend_s3", file))).toBe(true);
	}
});

test("both watchdogs run, and a panic restarts the chip", () => {
	const lines = text("boards/visionvend_s3/sdkconfig/sdkconfig.defaults").split("\n");
	for (const line of [
		"CONFIG_ESP_INT_WDT=y",
		"CONFIG_ESP_TASK_WDT_EN=y",
		"CONFIG_ESP_TASK_WDT_INIT=y",
		"CONFIG_ESP_TASK_WDT_PANIC=y",
		"CONFIG_ESP_SYSTEM_PANIC_GDBSTUB=n",
		"CONFIG_ESP_SYSTEM_PANIC_SILENT_REBOOT=y",
		"CONFIG_ESPTOOLPY_FLASHSIZE_16MB=y",
		"CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y",
	]) {
		expect(lines).toContain(line);
	}
});

test("the partitions lie one behind the other in 16 MB, with two equal slots for applications", () => {
	const rows = text("boards/visionvend_s3/sdkconfig/partitions.csv")
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => line.split(",").map((cell) => cell.trim()));
	let end = 0x9000;
	for (const [name = "", type, , offset = "", size = ""] of rows) {
		expect(Number(offset), name).toBeGreaterThanOrEqual(end);
		if (type === "app") expect(Number(offset) % 0x10000).toBe(0);
		end = Number(offset) + Number(size);
	}
	expect(end).toBeLessThanOrEqual(16 * 1024 * 1024);
	const slots = rows.filter(([, type]) => type === "app");
	expect(slots.map(([name]) => name)).toEqual(["ota_0", "ota_1"]);
	expect(slots[0]?.[4]).toBe(slots[1]?.[4]);
});
