import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
	appendFileSync,
	chownSync,
	cpSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { defaultModelPath } from "../detect/default-model.ts";
import { installRelease } from "./install-release.ts";
import { type Installations, machineInstallations } from "./installations.ts";
import { machineModelPath } from "./installed-model.ts";
import { packRelease } from "./pack-release.ts";
import type { ReleaseFolder } from "./release-folder.ts";
import { readManifest } from "./release-manifest.ts";
import { ReleaseTrial } from "./release-trial.ts";
import type { PartsHealth } from "./running-health.ts";

const hardware = `${process.platform}-${process.arch}`;
const installed = fileURLToPath(new URL("../../install", import.meta.url));

const maker = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const publicKeyPem = maker.publicKey.export({ type: "spki", format: "pem" }).toString();
const privateKeyPem = maker.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const up = { status: "up" } as const;
const health: PartsHealth = {
	...{ link: up, broker: up, store: { status: "ok" }, vision: up, recording: { status: "off" } },
};

let root: string;
let machine: string;
let installations: Installations;
let folder: ReleaseFolder;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-releases-"));
});
beforeEach(() => {
	machine = mkdtempSync(join(root, "machine-"));
	installations = machineInstallations(environment());
	folder = installations["visionvend-pi"].folder;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function environment() {
	return {
		...process.env,
		VISIONVEND_STATE: join(machine, "state"),
		VISIONVEND_RELEASES: join(machine, "releases"),
		VISIONVEND_MODELS: join(machine, "models"),
	};
}

/** A release whose service prints its version and ends with `status`. */
async function release(version: string, { status = 0, floor = 0, says = version, model = "m" } = {}): Promise<string> {
	const staged = mkdtempSync(join(root, "staged-"));
	mkdirSync(join(staged, "pi-runtime/models"), { recursive: true });
	writeFileSync(join(staged, "pi-runtime/models/shop.onnx"), model);
	mkdirSync(join(staged, "pi-runtime/dist"), { recursive: true });
	writeFileSync(
		join(staged, "pi-runtime/dist/cli.js"),
		`if (process.argv[2] === "--version") console.log("${says}"); else { console.log("${version} runs"); process.exit(${status}); }`,
	);
	const out = mkdtempSync(join(root, "out-"));
	return packRelease({ staged, out, product: "visionvend-pi", version, hardware, floor, privateKeyPem });
}

function install(manifestPath: string, told: PartsHealth | undefined = health) {
	return installRelease({ manifestPath, publicKeyPem, installations, health: told });
}

/** What the launcher that systemd starts does. */
function launch(): { status: number | null; out: string } {
	const { status, stdout, stderr } = spawnSync(join(installed, "launch"), ["serve"], {
		env: environment(),
	});
	return { status, out: `${stdout}${stderr}`.trim() };
}

test("a signed release is installed, runs, and makes room for the one before the last", async () => {
	await install(await release("0.1.0"));
	expect(launch()).toEqual({ status: 0, out: "0.1.0 runs" });
	expect(await folder.trial()).toBeUndefined();
	await install(await release("0.2.0"));
	expect(launch()).toEqual({ status: 0, out: "0.2.0 runs" });
	expect(await folder.trial()).toMatchObject({
		version: "0.2.0",
		previous: "0.1.0",
		before: ["link", "broker", "store", "vision"],
	});
	await folder.confirm();
	await install(await release("0.3.0"));
	expect(readdirSync(join(machine, "releases")).sort()).toEqual(["0.2.0", "0.3.0"]);
});

test("a release that does not work is left after three starts for the one before it, and never starts again", async () => {
	await install(await release("0.1.0"));
	await install(await release("0.2.0", { status: 1 }));
	for (let start = 1; start <= 3; start += 1) expect(launch()).toEqual({ status: 1, out: "0.2.0 runs" });
	expect(launch().out).toBe("0.1.0 runs\nrelease 0.2.0 did not work in 3 starts; back to 0.1.0.");
	expect(launch()).toEqual({ status: 0, out: "0.1.0 runs" });
	expect(await folder.current()).toBe("0.1.0");
});

test("the way back from a release on trial is the last one that worked, not another that never did", async () => {
	await install(await release("0.1.0"));
	await install(await release("0.2.0", { status: 1 }));
	await install(await release("0.3.0", { status: 1 }));
	for (let start = 1; start <= 3; start += 1) expect(launch().out).toBe("0.3.0 runs");
	expect(launch().out).toBe("0.1.0 runs\nrelease 0.3.0 did not work in 3 starts; back to 0.1.0.");
	await install(await release("0.4.0", { status: 1 }));
	await install(await release("0.1.0"));
	expect(await folder.trial()).toBeUndefined();
	expect(launch()).toEqual({ status: 0, out: "0.1.0 runs" });
});

test("products that were enrolled stay through releases with the same model, and with no other", async () => {
	await install(await release("0.1.0"));
	const enrolled = (version: string) => join(machine, "releases", version, "pi-runtime/models/shop.enrolled.json");
	writeFileSync(enrolled("0.1.0"), "learned");
	await install(await release("0.2.0"));
	expect(readFileSync(enrolled("0.2.0"), "utf8")).toBe("learned");
	await folder.confirm();
	await install(await release("0.3.0", { model: "another" }));
	expect(existsSync(enrolled("0.3.0"))).toBe(false);
	expect(existsSync(enrolled("0.2.0"))).toBe(true);
});

test("forged, foreign, cut, changed and dead releases are refused by name, and what runs stays", async () => {
	await install(await release("0.1.0"));
	const good = await release("0.2.0");
	const changed = (name: string, change: (manifest: string, archive: string) => void): string => {
		const copy = join(root, `changed-${name}`);
		cpSync(join(good, ".."), copy, { recursive: true });
		const manifest = join(copy, `visionvend-pi-0.2.0-${hardware}.json`);
		change(manifest, manifest.replace(/json$/, "tar.gz"));
		return manifest;
	};
	const edit = (from: string | RegExp, to: string) => (manifest: string) =>
		writeFileSync(manifest, readFileSync(manifest, "utf8").replace(from, to));
	const cases: [refusal: string, manifest: string][] = [
		["bad-manifest", changed("json", (manifest) => writeFileSync(manifest, "{"))],
		["bad-manifest", changed("form", edit('"floor": 0,', ""))],
		["bad-signature", changed("version", edit('"0.2.0"', '"9.9.9"'))],
		["bad-signature", changed("floor", edit('"floor": 0', '"floor": 7'))],
		["wrong-length", changed("longer", (_, archive) => appendFileSync(archive, "x"))],
		[
			"wrong-digest",
			changed("bytes", (_, archive) => {
				const bytes = readFileSync(archive);
				bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
				writeFileSync(archive, bytes);
			}),
		],
		["broken-archive", changed("absent", (_, archive) => rmSync(archive))],
		["broken-archive", await release("0.2.0", { says: "0.1.9" })],
	];
	for (const [refusal, manifest] of cases) await expect(install(manifest)).rejects.toMatchObject({ refusal });
	const elsewhere = {
		...installations,
		"visionvend-pi": { ...installations["visionvend-pi"], hardware: "linux-riscv64" },
	};
	await expect(installRelease({ manifestPath: good, publicKeyPem, installations: elsewhere, health })).rejects.toThrow(
		"is for linux-",
	);
	const stranger = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey.export({
		type: "spki",
		format: "pem",
	});
	expect(() => readManifest(readFileSync(good, "utf8"), String(stranger))).toThrow("did not sign");
	expect(launch()).toEqual({ status: 0, out: "0.1.0 runs" });
	expect(await folder.trial()).toBeUndefined();
});

test("the floor rises with a confirmed release and never falls: an older one is refused", async () => {
	await install(await release("0.1.0"));
	await install(await release("0.3.0", { floor: 2 }));
	await folder.confirm();
	await expect(install(await release("0.2.0", { floor: 1 }))).rejects.toMatchObject({ refusal: "older-floor" });
	expect(await folder.floor()).toBe(2);
});

test("a trial is confirmed a minute after all is up again that was up before", async () => {
	await install(await release("0.1.0"));
	await install(await release("0.2.0", { floor: 4 }));
	const clock = new TestClock();
	let brokerUpAtMs = clock.now() + 30_000;
	const confirmed: string[] = [];
	let lastLookMs = 0;
	const failed: (readonly string[])[] = [];
	const start = clock.now();
	const watch = async (forMs: number): Promise<void> => {
		const trial = new ReleaseTrial({
			...{ folder, clock },
			health: async () => {
				lastLookMs = clock.now() - start;
				return { ...health, broker: { status: clock.now() >= brokerUpAtMs ? "up" : "down" } };
			},
			onConfirmed: (version) => confirmed.push(version),
			onFailed: (missing) => failed.push(missing),
			onError: (error) => expect.unreachable(String(error)),
		});
		await trial.start();
		const untilMs = clock.now() + forMs;
		while (clock.step(untilMs)) for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
		trial.close();
	};
	brokerUpAtMs = Number.POSITIVE_INFINITY;
	await watch(700_000);
	expect(failed).toEqual([["broker"]]);
	expect(await folder.trial()).toBeDefined();
	const again = clock.now() - start;
	brokerUpAtMs = clock.now() + 30_000;
	await watch(200_000);
	await expect.poll(() => confirmed, { timeout: 60_000 }).toEqual(["0.2.0"]);
	expect(lastLookMs).toBe(again + 90_000);
	expect(await folder.trial()).toBeUndefined();
	expect(await folder.floor()).toBe(4);
});

/** An update of the cameras' detector; what it holds is a model where not said otherwise. */
async function modelUpdate(version: string, bytes: Uint8Array = toyHfRtDetr({ size: [64, 48] })): Promise<string> {
	const staged = mkdtempSync(join(root, "staged-"));
	writeFileSync(join(staged, "shop.onnx"), bytes);
	const out = mkdtempSync(join(root, "out-"));
	return packRelease({ staged, out, product: "visionvend-model", version, hardware: "any", floor: 0, privateKeyPem });
}

test("a model is installed beside the release, on trial as the first one, too, and after three starts the release's own is back", async () => {
	const models = installations["visionvend-model"].folder;
	await install(await release("0.1.0"));
	expect(await machineModelPath(models)).toBe(defaultModelPath());
	await install(await modelUpdate("2.0.0"));
	expect(await machineModelPath(models)).toBe(join(machine, "models/2.0.0/shop.onnx"));
	expect(await models.trial()).toMatchObject({ version: "2.0.0", previous: "" });
	for (let start = 1; start <= 3; start += 1) expect(launch().out).toBe("0.1.0 runs");
	expect(launch().out).toBe("0.1.0 runs\nmodel 2.0.0 did not work in 3 starts; back to the one of the release.");
	expect(await machineModelPath(models)).toBe(defaultModelPath());
	expect(await models.failed()).toBe("2.0.0");
	expect(await folder.current()).toBe("0.1.0");
});

test("a model that has worked is the way back from the next one, and stays when a release comes", async () => {
	const models = installations["visionvend-model"].folder;
	await install(await release("0.1.0"));
	await install(await modelUpdate("2.0.0"));
	await models.confirm();
	await install(await modelUpdate("2.1.0"));
	for (let start = 1; start <= 4; start += 1) launch();
	expect(await models.current()).toBe("2.0.0");
	await install(await release("0.2.0"));
	expect(await machineModelPath(models)).toBe(join(machine, "models/2.0.0/shop.onnx"));
});

test("a model that cannot run here is refused, and the one that is used stays", async () => {
	const models = installations["visionvend-model"].folder;
	await install(await modelUpdate("2.0.0"));
	await models.confirm();
	const update = install(await modelUpdate("2.1.0", Buffer.from("no model")));
	await expect(update).rejects.toMatchObject({ refusal: "broken-archive" });
	expect(await models.current()).toBe("2.0.0");
	expect(await models.trial()).toBeUndefined();
});

test("what is written into the service's folder follows no link that the service left there", async () => {
	await install(await release("0.1.0"));
	const victim = join(machine, "victim");
	writeFileSync(victim, "kept");
	for (const name of ["trial.json.new", "starts.new"]) symlinkSync(victim, join(machine, "state/release", name));
	await install(await release("0.2.0"));
	expect(await folder.trial()).toMatchObject({ version: "0.2.0" });
	expect(readFileSync(victim, "utf8")).toBe("kept");
	rmSync(join(machine, "state/release"), { recursive: true });
	mkdirSync(join(machine, "elsewhere"));
	symlinkSync(join(machine, "elsewhere"), join(machine, "state/release"));
	await expect(install(await release("0.3.0"))).rejects.toThrow("is a link");
	expect(readdirSync(join(machine, "elsewhere"))).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)("what root writes for the service belongs to the service", async () => {
	mkdirSync(join(machine, "state"));
	chownSync(join(machine, "state"), 1_234, 1_235);
	await install(await release("0.1.0"));
	await install(await release("0.2.0"));
	for (const name of ["", "trial.json", "starts", "current"])
		expect(lstatSync(join(machine, "state/release", name))).toMatchObject({ uid: 1_234, gid: 1_235 });
});

test("install.sh puts release, launcher, unit and rules in place; twice is once; uninstall leaves sales and settings, purge nothing", async () => {
	const manifest = await release("0.4.0");
	const unpacked = mkdtempSync(join(root, "unpacked-"));
	execFileSync("tar", ["-xzf", manifest.replace(/json$/, "tar.gz"), "-C", unpacked]);
	cpSync(installed, join(unpacked, "pi-runtime/install"), { recursive: true });
	cpSync(join(installed, "../systemd"), join(unpacked, "pi-runtime/systemd"), { recursive: true });
	const configuration = join(root, "pi.json");
	writeFileSync(configuration, "{}");
	const target = mkdtempSync(join(root, "root-"));
	const script = (...words: string[]): string =>
		execFileSync("sh", [join(unpacked, "pi-runtime/install/install.sh"), ...words], {
			env: { ...process.env, VISIONVEND_ROOT: target },
		}).toString();
	const files = (): string[] => execFileSync("find", [target, "!", "-type", "d"]).toString().trim().split("\n").sort();

	expect(script()).toContain("no configuration yet");
	expect(script("--config", configuration)).toContain("release 0.4.0 is installed");
	const first = files();
	writeFileSync(configuration, '{"other":true}');
	script("--config", configuration);
	expect(files()).toEqual(first);
	expect(readFileSync(join(target, "etc/visionvend/pi.json"), "utf8")).toBe("{}");
	expect(first.map((path) => path.slice(target.length)).filter((path) => !path.includes("/releases/"))).toEqual([
		"/etc/systemd/system/visionvend-pi-update.service",
		"/etc/systemd/system/visionvend-pi-update.timer",
		"/etc/systemd/system/visionvend-pi.service",
		"/etc/udev/rules.d/60-visionvend.rules",
		"/etc/visionvend/pi.json",
		"/opt/visionvend/launch",
		"/usr/local/bin/visionvend-pi",
		"/var/lib/visionvend/release/current",
	]);
	const command = (): string => spawnSync(join(target, "usr/local/bin/visionvend-pi"), ["--version"]).output.join("");
	expect(command()).toBe("0.4.0\n");
	// The link is the service's own, and root runs the command.
	const link = join(target, "var/lib/visionvend/release/current");
	rmSync(link);
	symlinkSync(unpacked, link);
	expect(command()).toContain("which is no release");
	writeFileSync(join(target, "var/lib/visionvend/pi.db"), "sales");
	script("--uninstall");
	expect(files().map((path) => path.slice(target.length))).toEqual([
		"/etc/visionvend/pi.json",
		"/var/lib/visionvend/pi.db",
	]);
	script("--uninstall", "--purge");
	expect(files()).toEqual([""]);
});
