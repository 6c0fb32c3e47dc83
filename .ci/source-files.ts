import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rooms } from "./layers.ts";

/** The repository's top folder. */
export const top = fileURLToPath(new URL("..", import.meta.url));

/** All TypeScript sources of all rooms, as absolute paths in a stable order. */
export function sourceFiles(): string[] {
	return rooms
		.flatMap((room) =>
			readdirSync(join(top, room), { recursive: true, encoding: "utf8" })
				.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
				.filter((name) => !/(^|[\\/])(dist|node_modules)[\\/]/.test(name))
				.map((name) => join(top, room, name)),
		)
		.sort();
}
