import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../detect/load-model.ts";
import { installRelease } from "../release/install-release.ts";
import { machineInstallations } from "../release/installations.ts";
import { machineModelPath } from "../release/installed-model.ts";
import { packModel } from "./pack-model.ts";

const maker = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
let root: string;
let key: string;
let model: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-pack-model-"));
	key = join(root, "key.pem");
	model = join(root, "kiosk-int8.onnx");
	writeFileSync(key, maker.privateKey.export({ type: "pkcs8", format: "pem" }));
	writeFileSync(model, toyHfRtDetr({ size: [64, 48] }));
	writeFileSync(join(root, "kiosk.json"), JSON.stringify({ labels: ["red", "green", "blue"] }));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a model that was packed with the settings beside it is installed with them", async () => {
	const out = join(root, "out");
	expect(await packModel([model, "--version", "3.1.0", "--key", key, "--out", out])).toBe(0);
	const installations = machineInstallations({
		VISIONVEND_STATE: join(root, "state"),
		VISIONVEND_MODELS: join(root, "models"),
	});
	const manifestPath = join(out, "visionvend-model-3.1.0-any.json");
	const publicKeyPem = maker.publicKey.export({ type: "spki", format: "pem" }).toString();
	await installRelease({ manifestPath, publicKeyPem, installations, health: undefined });
	const path = await machineModelPath(installations["visionvend-model"].folder);
	expect(readFileSync(path)).toEqual(readFileSync(model));
	expect((await loadModel(path)).contract.labels).toEqual(["red", "green", "blue"]);
});

test("what is no model, and wrong words, are not packed", async () => {
	const words = ["--version", "3.1.0", "--key", key, "--out", root];
	await expect(packModel([key, ...words])).rejects.toThrow("cannot be used");
	await expect(packModel([model, ...words.slice(2)])).rejects.toThrow("--version, --key and --out are needed");
	await expect(packModel([model, ...words, "--version", "3.1"])).rejects.toThrow("give one such as 1.2.0");
	await expect(packModel(words)).rejects.toThrow("one ONNX file");
});
