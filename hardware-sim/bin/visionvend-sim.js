#!/usr/bin/env node
// Committed, so that `npm ci` links the command before the first build.
import { existsSync } from "node:fs";

const built = new URL("../dist/cli.js", import.meta.url);
if (existsSync(built)) await import(built.href);
else {
	process.stderr.write("visionvend-sim is not built yet: run `npm run build` in the repository's top folder.\n");
	// As with everything else that this computer lacks: src/cli/command.ts.
	process.exitCode = 3;
}
