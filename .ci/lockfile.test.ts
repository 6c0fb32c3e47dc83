import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { top } from "./source-files.ts";

// npm leaves an optional package out, without a word, when the lockfile says that it is made for another Node. Of this one
// we compile C sources only, which no Node version concerns. `npm install` keeps the member away once it is gone.
test("the lockfile lets every Node version have the sources of XS", () => {
	const lockfile: { packages: Record<string, { engines?: unknown } | undefined> } = JSON.parse(
		readFileSync(join(top, "package-lock.json"), "utf8"),
	);
	const xs = lockfile.packages["node_modules/@agoric/xsnap"];
	expect(xs, "@agoric/xsnap is in the lockfile").toBeDefined();
	expect(xs?.engines, "delete this member from package-lock.json by hand").toBeUndefined();
});
