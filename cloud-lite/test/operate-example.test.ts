import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { jwtSecret } from "./world.ts";

const script = fileURLToPath(new URL("../../docs/examples/operate.sh", import.meta.url));
const commands = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

test("2.30 docs/examples/operate.sh does what it says, with the commands as people run them", async () => {
	const place = mkdtempSync(join(tmpdir(), "visionvend-operate-"));
	try {
		const env = { ...process.env, JWT_SECRET: jwtSecret, PATH: `${commands}:${process.env.PATH}` };
		const { stdout } = await promisify(execFile)("bash", [script], { cwd: place, env });
		expect(stdout.trim().split("\n")).toEqual([
			"Ada <ada@example.com> is admin of default.",
			"backup.db holds everything up to now.",
			"shop.db is what backup.db was, at this version's schema.",
			"moving.db has everything of default.",
			"Default (default) is here now, with 2 rows.",
		]);
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
}, 60_000);
