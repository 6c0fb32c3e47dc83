import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { xs } from "../../test/simulated-device.ts";
import { buildXsHost } from "./build.ts";
import { withBuildLock } from "./build-lock.ts";

const directory = mkdtempSync(join(tmpdir(), "visionvend-build-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("without a compiler the reason says what to install", () => {
	const build = buildXsHost({ compiler: "/nowhere/cc" });
	expect(build).toEqual({ ok: false, reason: expect.stringContaining("apt install gcc") });
});

test("without the sources of XS the reason says what to install", () => {
	const build = buildXsHost({ xsDirectory: directory });
	expect(build).toEqual({ ok: false, reason: expect.stringContaining("npm install") });
});

test("a compiler that builds nothing is named with its error", () => {
	const compiler = join(directory, "broken-cc");
	writeFileSync(compiler, '#!/bin/sh\ncase "$1" in --version) exit 0;; esac\necho "error: no linker" >&2\nexit 1\n', {
		mode: 0o755,
	});
	const build = buildXsHost({ compiler, cacheDirectory: directory });
	expect(build).toEqual({ ok: false, reason: expect.stringContaining("error: no linker") });
	expect(existsSync(join(directory, "broken-cc"))).toBe(true);
});

test.skipIf(!xs.ok)("an engine that was built is found again", () => {
	const progress: string[] = [];
	expect(buildXsHost({ onProgress: (line) => progress.push(line) })).toEqual(xs);
	expect(progress).toEqual([]);
});

test("a lock whose owner died is taken over", () => {
	const path = join(directory, "dead.lock");
	mkdirSync(path);
	writeFileSync(join(path, "owner"), String(spawnSync("true").pid));
	expect(
		withBuildLock(
			path,
			() => undefined,
			() => "built",
		),
	).toBe("built");
	expect(existsSync(path)).toBe(false);
});

test("who waits for a lock takes what its owner has built", () => {
	const path = join(directory, "held.lock");
	mkdirSync(path);
	writeFileSync(join(path, "owner"), String(process.pid));
	let asked = 0;
	expect(
		withBuildLock(
			path,
			() => (++asked === 3 ? "theirs" : undefined),
			() => "ours",
		),
	).toBe("theirs");
});
