import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TwoTenants } from "../../../cloud-lite/test/two-tenants.ts";
import { products } from "../../../cloud-lite/test/world.ts";
import { claimMachine } from "../cloud/claim-machine.ts";
import { readCloudAccount } from "../cloud/cloud-account.ts";
import { parseConfiguration } from "../configuration.ts";
import { modelDigest, writeEnrolled } from "../enroll/enrolled-products.ts";
import { followCloud } from "./follow-cloud.ts";
import { installRelease } from "./install-release.ts";
import { type Installations, machineInstallations } from "./installations.ts";
import { packRelease } from "./pack-release.ts";
import type { ReleaseFolder } from "./release-folder.ts";
import type { ReleaseManifest } from "./release-manifest.ts";
import type { PartsHealth } from "./running-health.ts";

const hardware = `${process.platform}-${process.arch}`;
const launcher = fileURLToPath(new URL("../../install/launch", import.meta.url));
const maker = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const publicKeyPem = maker.publicKey.export({ type: "spki", format: "pem" }).toString();
const privateKeyPem = maker.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const { x = "", y = "" } = maker.publicKey.export({ format: "jwk" });
const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);

let root: string;
let etc: string;
let environment: Record<string, string>;
let installations: Installations;
let folder: ReleaseFolder;
let world: TwoTenants;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-follow-"));
});
beforeEach(async () => {
	const machine = mkdtempSync(join(root, "machine-"));
	etc = join(machine, "etc");
	environment = {
		VISIONVEND_STATE: machine,
		VISIONVEND_RELEASES: join(machine, "releases"),
		VISIONVEND_MODELS: join(machine, "models"),
	};
	installations = machineInstallations(environment);
	folder = installations["visionvend-pi"].folder;
	world = await TwoTenants.open({}, { otaPublicKeys: [point.toString("base64url")] });
	await installRelease({
		...{ manifestPath: await release("0.1.0"), publicKeyPem, installations },
		health: undefined,
	});
});
afterEach(() => world.close());
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The cloud of this test, at whatever address. */
const send: typeof fetch = async (input, init) => {
	const { pathname } = new URL(String(input));
	return world.cloud.app.request(pathname, init);
};

async function release(version: string, key = privateKeyPem): Promise<string> {
	const staged = mkdtempSync(join(root, "staged-"));
	mkdirSync(join(staged, "pi-runtime/dist"), { recursive: true });
	writeFileSync(join(staged, "pi-runtime/dist/cli.js"), `console.log("${version}")`);
	return packRelease({
		...{ staged, out: mkdtempSync(join(root, "out-")), product: "visionvend-pi", version, hardware, floor: 0 },
		privateKeyPem: key,
	});
}

async function claimed(): Promise<string> {
	const { body } = await world.request("admin", "POST", "/api/v1/machines/onboard", {
		machine: { id: "lobby-1", name: "Lobby" },
		network: { mqtt: { host: "broker.example" } },
		inventory: products,
	});
	await claimMachine(`https://cloud.example/claim#${body.data.claim.code}`, etc, send);
	return body.data.claim.code;
}

/** A campaign that brings a release to the machine, as two people make it. */
async function campaignFor(manifestPath: string, part: "pi" | "model" = "pi"): Promise<string> {
	const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
	const made = await world.request("admin", "POST", "/api/v1/ota/artifacts", { kind: part, manifest });
	const { id } = made.body.data;
	await world.request(
		"admin",
		"PUT",
		`/api/v1/ota/artifacts/${id}/content`,
		readFileSync(manifestPath.replace(/json$/, "tar.gz")),
		{
			headers: { "content-type": "application/octet-stream" },
		},
	);
	const plan = { parts: { [part]: id }, target: { machineIds: ["lobby-1"] }, jitterMinutes: 0, rings: [1] };
	const { body } = await world.request("admin", "POST", "/api/v1/ota/campaigns", { name: "New", plan });
	await world.request("platform", "POST", `/api/v1/ota/campaigns/${body.data.id}/approve`);
	await world.cloud.idle();
	return body.data.id;
}

const up = { status: "up" } as const;
const health: PartsHealth = { link: up, broker: up, store: { status: "ok" }, vision: up, recording: up };

const follow = async (told?: PartsHealth) =>
	followCloud({
		account: await readCloudAccount(join(etc, "cloud.json")),
		...{ publicKeyPem, installations, health: told, send },
	});

function startTimes(count: number): void {
	for (let start = 1; start <= count; start += 1)
		spawnSync(launcher, ["serve"], { env: { ...process.env, ...environment } });
}

async function stateOf(campaignId: string) {
	await world.cloud.idle();
	const { body } = await world.request("admin", "GET", `/api/v1/ota/campaigns/${campaignId}/targets`);
	return body.data[0];
}

test("a machine that was claimed by its code has all its files, for their owner only, and the code is used up", async () => {
	const code = await claimed();
	const read = (name: string) => readFileSync(join(etc, name), "utf8");
	expect(parseConfiguration(read("pi.json"), {})).toMatchObject({ machineId: "lobby-1" });
	expect(JSON.parse(read("controller.json"))).toMatchObject({ machineId: "lobby-1" });
	for (const name of ["pi.json", "cloud.json", "controller.json"])
		expect(statSync(join(etc, name)).mode & 0o777).toBe(0o600);
	const again = (folder: string, text: string) => claimMachine(text, folder, send);
	const url = `https://cloud.example/claim#${code}`;
	await expect(again(etc, url)).rejects.toThrow("is there already: this Pi is a machine");
	await expect(again(join(root, "another"), url)).rejects.toThrow("The claim was not taken:");
	await expect(again(join(root, "another"), code)).rejects.toThrow("is no claim. Copy the whole text");
	await expect(again(join(root, "another"), url.replace("https", "http"))).rejects.toThrow("is no claim");
});

test("what a campaign wants is fetched, installed on trial, and told as done once it is confirmed", async () => {
	await claimed();
	expect(await follow()).toEqual({ kind: "nothing" });
	const campaignId = await campaignFor(await release("0.2.0"));
	expect(await follow({ ...health, lock: "open" })).toEqual({ kind: "busy" });
	expect(await folder.current()).toBe("0.1.0");
	expect(await follow({ ...health, lock: "locked" })).toEqual({
		kind: "installed",
		product: "visionvend-pi",
		version: "0.2.0",
	});
	expect(await follow()).toEqual({ kind: "on-trial", product: "visionvend-pi", version: "0.2.0" });
	expect(await stateOf(campaignId)).toMatchObject({ state: "offered" });
	await folder.confirm();
	expect(await follow()).toEqual({ kind: "reported", outcome: "done", reason: "" });
	expect(await stateOf(campaignId)).toMatchObject({ state: "done" });
	expect(await follow()).toEqual({ kind: "nothing" });
});

test("a release that does not work goes back, and the cloud hears so; it is not tried again", async () => {
	await claimed();
	const campaignId = await campaignFor(await release("0.2.0"));
	await follow();
	startTimes(4);
	expect(await folder.current()).toBe("0.1.0");
	expect(await follow()).toEqual({ kind: "reported", outcome: "failed", reason: "went back: it did not work here" });
	expect(await stateOf(campaignId)).toMatchObject({ state: "failed", reason: "pi: went back: it did not work here" });
});

test("what the machine's own key did not sign is refused, whatever the cloud says", async () => {
	await claimed();
	const campaignId = await campaignFor(await release("0.2.0"));
	const stranger = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey;
	const outcome = await followCloud({
		account: await readCloudAccount(join(etc, "cloud.json")),
		...{ installations, health: undefined, send },
		publicKeyPem: stranger.export({ type: "spki", format: "pem" }).toString(),
	});
	expect(outcome).toEqual({ kind: "reported", outcome: "failed", reason: "bad-signature" });
	expect(await folder.current()).toBe("0.1.0");
	expect(await stateOf(campaignId)).toMatchObject({ state: "failed", reason: "pi: bad-signature" });
});

async function modelUpdate(version: string, product: ReleaseManifest["product"] = "visionvend-model"): Promise<string> {
	const staged = mkdtempSync(join(root, "staged-"));
	writeFileSync(join(staged, "shop.onnx"), toyHfRtDetr({ size: [64, 48] }));
	const out = mkdtempSync(join(root, "out-"));
	return packRelease({ staged, out, product, version, hardware: "any", floor: 0, privateKeyPem });
}

test("a model that a campaign wants is installed without a release, on trial, and told as done once it is confirmed", async () => {
	await claimed();
	const campaignId = await campaignFor(await modelUpdate("2.0.0"), "model");
	expect(await follow(health)).toEqual({ kind: "installed", product: "visionvend-model", version: "2.0.0" });
	expect(await follow(health)).toEqual({ kind: "on-trial", product: "visionvend-model", version: "2.0.0" });
	await installations["visionvend-model"].folder.confirm();
	expect(await follow(health)).toEqual({ kind: "reported", outcome: "done", reason: "" });
	expect(await stateOf(campaignId)).toMatchObject({ state: "done" });
	expect(await folder.current()).toBe("0.1.0");
});

test("a model that does not work goes back, and the cloud hears so", async () => {
	await claimed();
	const campaignId = await campaignFor(await modelUpdate("2.0.0"), "model");
	await follow(health);
	startTimes(4);
	expect(await follow(health)).toMatchObject({ kind: "reported", outcome: "failed" });
	expect(await stateOf(campaignId)).toMatchObject({
		state: "failed",
		reason: "model: went back: it did not work here",
	});
});

test("a model is not taken where nothing would see with it, and nothing else is taken for one", async () => {
	const cases: [reason: string, manifest: string, told: PartsHealth][] = [
		["not-taken: this machine has no cameras", await modelUpdate("2.0.0"), { ...health, vision: { status: "off" } }],
		[
			"not-taken: pi.json names a model of its own",
			await modelUpdate("2.1.0"),
			{ ...health, vision: { ...up, modelFrom: "configuration" } },
		],
		["wrong-product", await modelUpdate("0.2.0", "visionvend-pi"), health],
	];
	await claimed();
	for (const [reason, manifest, told] of cases) {
		await campaignFor(manifest, "model");
		expect(await follow(told)).toEqual({ kind: "reported", outcome: "failed", reason });
	}
	expect(await installations["visionvend-model"].folder.current()).toBeUndefined();
});

test("a model is not taken where products were enrolled for the one that is used", async () => {
	await claimed();
	await campaignFor(await modelUpdate("2.0.0"), "model");
	await follow(health);
	await installations["visionvend-model"].folder.confirm();
	expect(await follow(health)).toMatchObject({ kind: "reported", outcome: "done" });
	const used = join(environment.VISIONVEND_MODELS ?? "", "2.0.0/shop.onnx");
	const looks = [Float32Array.of(1, 0)];
	await writeEnrolled(used, {
		model: modelDigest(readFileSync(used)),
		products: [{ label: "pretzel", looks }],
		others: looks,
		head: { weights: [...looks, ...looks], biases: [0, 0] },
	});
	await campaignFor(await modelUpdate("2.1.0"), "model");
	expect(await follow(health)).toMatchObject({
		reason: "not-taken: it would forget 1 products that were enrolled here",
	});
});
