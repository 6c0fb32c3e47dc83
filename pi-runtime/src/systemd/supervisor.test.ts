import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { Supervisor } from "./supervisor.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;

let directory: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-systemd-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Receives `count` datagrams as systemd does. */
async function receiver(path: string, count: number): Promise<{ lines: Promise<string[]> }> {
	const program = [
		"import socket, sys",
		"s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
		`s.bind(sys.argv[1]); print("bound", flush=True)`,
		"for _ in range(int(sys.argv[2])): print(s.recv(4096).decode(), flush=True)",
	].join("\n");
	const child = spawn("python3", ["-c", program, path, String(count)]);
	let text = "";
	child.stdout.on("data", (bytes: Buffer) => {
		text += bytes.toString();
	});
	await once(child.stdout, "data");
	return { lines: once(child, "close").then(() => text.trim().split("\n").slice(1)) };
}

test.runIf(hasPython)(
	"systemd hears that the service is ready, that it lives every half of its patience, and that it ends",
	async () => {
		const path = join(directory, "notify");
		const { lines } = await receiver(path, 5);
		const clock = new TestClock();
		const supervisor = new Supervisor({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "30000000" }, clock);
		supervisor.ready();
		const start = clock.now();
		while (clock.step(start + 31_000));
		supervisor.stopping();
		while (clock.step(start + 120_000));
		expect(await lines).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
	},
);

test("where nobody asked nothing is sent", () => {
	const clock = new TestClock();
	const supervisor = new Supervisor({}, clock);
	supervisor.ready();
	expect(clock.step(clock.now() + 60_000)).toBe(false);
	supervisor.stopping();
});

test("the unit says what the service expects: it is told of readiness, and killed when it hangs", () => {
	const unit = readFileSync(fileURLToPath(new URL("../../systemd/visionvend-pi.service", import.meta.url)), "utf8");
	expect(unit).toMatch(/^Type=notify$/m);
	expect(unit).toMatch(/^WatchdogSec=\d+$/m);
	const analyze = spawnSync("systemd-analyze", ["--version"]);
	if (analyze.status === 0) {
		const said = execFileSync("systemd-analyze", [
			...["security", "--offline=true", "--no-pager"],
			fileURLToPath(new URL("../../systemd/visionvend-pi.service", import.meta.url)),
		]).toString();
		expect(said).toContain("OK");
	}
});
