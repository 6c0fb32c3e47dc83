import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "visionvend-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The demo as a process, whose temporary files go to `folder`. */
class Demo {
	readonly child: ChildProcess;
	said = "";
	complained = "";
	readonly #ended: Promise<unknown>;

	constructor(...options: readonly string[]) {
		this.child = spawn(process.execPath, [cli, "demo", "--engine", "node", "--out", folder, ...options], {
			env: { ...process.env, TMPDIR: folder },
			stdio: ["ignore", "pipe", "pipe"],
			// A process group of its own, so that a signal to all of it is what Ctrl-C in a terminal is.
			detached: true,
		});
		this.child.stdout?.on("data", (chunk: Buffer) => {
			this.said += chunk.toString("utf8");
		});
		this.child.stderr?.on("data", (chunk: Buffer) => {
			this.complained += chunk.toString("utf8");
		});
		this.#ended = once(this.child, "close");
	}

	async says(words: string): Promise<void> {
		await expect.poll(() => this.said, { timeout: 90_000 }).toContain(words);
	}

	pressControlC(): void {
		process.kill(-(this.child.pid ?? 0), "SIGINT");
	}

	async exitCode(): Promise<number | null> {
		await this.#ended;
		return this.child.exitCode;
	}
}

/** What is still there of processes and their databases, certificates and configurations. */
async function leftovers(): Promise<string[]> {
	return (await readdir(folder)).filter((name) => name.startsWith("visionvend-"));
}

test("Ctrl-C in the middle of a sale ends the demo with 130, silently, and leaves nothing behind", async () => {
	const demo = new Demo();
	await demo.says("taps to unlock");
	expect(await leftovers()).not.toEqual([]);
	demo.pressControlC();
	expect(await demo.exitCode()).toBe(130);
	expect(demo.complained).toBe("");
	expect(await leftovers()).toEqual([]);
});

test("a reader that has seen enough ends the demo with 141, silently, and leaves nothing behind", async () => {
	const demo = new Demo("--no-cameras");
	await demo.says("VisionVend");
	demo.child.stdout?.destroy();
	expect(await demo.exitCode()).toBe(141);
	expect(demo.complained).toBe("");
	expect(await leftovers()).toEqual([]);
});

test("--serve answers until Ctrl-C, which is a good end", async () => {
	const demo = new Demo("--serve", "--scenario", "forged-unlock", "--no-cameras");
	await demo.says("Ctrl-C ends.");
	const health = /curl (\S+\/health)/.exec(demo.said)?.[1] ?? "";
	expect((await fetch(health)).status).toBe(200);
	demo.pressControlC();
	expect(await demo.exitCode()).toBe(0);
	expect(demo.complained).toBe("");
	await expect(fetch(health)).rejects.toThrow();
	expect(await leftovers()).toEqual([]);
});
