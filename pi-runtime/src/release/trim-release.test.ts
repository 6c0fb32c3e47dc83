import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { trimRelease } from "./trim-release.ts";

test("a release keeps what its machine loads, and nothing for browsers, for developers or for other systems", async () => {
	const staged = mkdtempSync(join(tmpdir(), "visionvend-trim-"));
	try {
		const kept = [
			"node_modules/@libsql/linux-arm64-gnu/index.node",
			"node_modules/@serialport/bindings-cpp/prebuilds/linux-arm64/bindings.node",
			"node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js",
			"node_modules/@tensorflow/tfjs-core/package.json",
			"node_modules/node-hid/prebuilds/HID_hidraw-linux-arm64/hid.node",
			"node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1",
			"pi-runtime/dist/cli.js",
		];
		const left = [
			"node_modules/@libsql/linux-arm64-musl/index.node",
			"node_modules/@serialport/bindings-cpp/prebuilds/linux-arm/bindings.node",
			"node_modules/@tensorflow/tfjs-core/dist/ops/add.js",
			"node_modules/node-hid/prebuilds/HID-win32-x64/hid.node",
			"node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1",
			"node_modules/onnxruntime-node/bin/napi-v6/win32/arm64/onnxruntime.dll",
			"node_modules/zod/index.d.cts",
			"pi-runtime/dist/cli.d.ts",
			"pi-runtime/dist/cli.js.map",
		];
		for (const path of [...kept, ...left]) {
			mkdirSync(dirname(join(staged, path)), { recursive: true });
			writeFileSync(join(staged, path), "");
		}
		await trimRelease(staged, "arm64");
		const files = readdirSync(staged, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
		expect(files.map(({ parentPath, name }) => join(parentPath, name).slice(staged.length + 1)).sort()).toEqual(kept);
	} finally {
		rmSync(staged, { recursive: true, force: true });
	}
});
