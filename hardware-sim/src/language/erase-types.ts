import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";

/** A loader for Node: `.ts` files become JavaScript on their way in. Its thread runs nothing else. */
export const load: LoadHook = async (url, context, nextLoad) => {
	if (!url.startsWith("file:") || !/\.m?ts$/.test(url)) return nextLoad(url, context);
	const file = fileURLToPath(url);
	const { transformWithOxc } = await import("vite");
	const { code, map } = await transformWithOxc(await readFile(file, "utf8"), file, { sourcemap: true });
	// Lines move when types go: failures tell those of the file that its author knows.
	const mapping = Buffer.from(JSON.stringify({ ...map, sources: [url] })).toString("base64");
	const source = `${code}\n//# sourceMappingURL=data:application/json;base64,${mapping}\n`;
	return { format: "module", source, shortCircuit: true };
};
